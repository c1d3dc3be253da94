// Runs before the page is painted, so that it does not flash in the other theme. A classic script: modules would come too late.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is forbidden here: the system's theme it is.
}
