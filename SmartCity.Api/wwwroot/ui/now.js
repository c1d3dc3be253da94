// The numbers at the top and the state of the connection.

import { duration, moment, number, whole } from "./format.js";

const element = (id) => document.getElementById(id);

export function showProgress(progress) {
  element("rate").textContent = number(progress.readings_per_second);
  element("rate-note").textContent = progress.readings === null ? " " : `${whole(progress.readings)} in Kafka so far`;

  const { live = 0, late = 0, silent = 0, gone = 0 } = progress.sensors;
  element("sensors").textContent = whole(live);
  element("sensors-note").textContent = `of ${whole(live + late + silent + gone)}` + (late ? ` · ${whole(late)} late` : "") + (silent ? ` · ${whole(silent)} silent` : "");

  element("windows").textContent = whole(progress.open_windows);
  element("windows-note").textContent = "final 10 min after they end";

  element("watermark").textContent = duration(progress.watermark_delay_seconds);
  element("watermark-note").textContent = progress.watermark ? `at ${moment(Date.parse(progress.watermark) / 1000)}` : "no window yet";

  if (!progress.database) showState("bad", "The database does not answer");
  else if (!progress.kafka) showState("warn", "Kafka does not answer");
  else showState("good", "Live");
}

export function showState(state, text) {
  const status = element("status");
  if (status.dataset.state === state && status.textContent === text) return;
  status.dataset.state = state;
  status.textContent = text;
}

// What to do where there is nothing to see, or only something old.
export function showNotice(heading, paragraphs, commands = []) {
  const notice = element("notice");
  const title = document.createElement("h2");
  title.textContent = heading;
  const parts = paragraphs.map((text) => {
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    return paragraph;
  });
  for (const command of commands) {
    const code = document.createElement("code");
    code.textContent = command;
    parts.push(code);
  }
  notice.replaceChildren(title, ...parts);
  notice.hidden = false;
}

export function hideNotice() {
  element("notice").hidden = true;
}
