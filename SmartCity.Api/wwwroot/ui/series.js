// The windows of one sensor type in memory: by city, by start, each with its figures.

export class Series {
  constructor() {
    this.cities = new Map();
    this.newest = null;
  }

  // Takes pages of /query in the columns format.
  load(pages) {
    this.cities.clear();
    this.newest = null;
    for (const { columns, data } of pages) {
      const start = data[columns.indexOf("window_start")];
      const city = data[columns.indexOf("city")];
      for (let row = 0; row < start.length; row++) {
        const figures = {};
        for (let column = 0; column < columns.length; column++) figures[columns[column]] = data[column][row];
        this.put(city[row], start[row], figures);
      }
    }
  }

  // Takes a window event of /live.
  update(window) {
    this.put(window.city, Date.parse(window.window_start) / 1000, window);
  }

  put(city, start, figures) {
    let windows = this.cities.get(city);
    if (!windows) this.cities.set(city, (windows = new Map()));
    windows.set(start, figures);
    if (this.newest === null || start > this.newest) this.newest = start;
  }

  // Forgets what lies further back than the hours shown.
  trim(hours) {
    const oldest = this.newest - hours * 3600;
    for (const windows of this.cities.values()) {
      for (const start of windows.keys()) if (start < oldest) windows.delete(start);
    }
  }

  // The starts on a regular grid, so that a missing window is a gap and not a straight line.
  grid(step) {
    let oldest = Infinity;
    for (const windows of this.cities.values()) for (const start of windows.keys()) if (start < oldest) oldest = start;
    if (this.newest === null || oldest === Infinity) return [];
    const starts = [];
    for (let start = oldest; start <= this.newest; start += step) starts.push(start);
    return starts;
  }

  // One column of one city along a grid: what is final, and what is still open (joined to the last final value, so that the line has no hole).
  values(city, column, grid) {
    const windows = this.cities.get(city);
    const settled = new Array(grid.length).fill(null);
    const open = new Array(grid.length).fill(null);
    for (let index = 0; index < grid.length; index++) {
      const figures = windows?.get(grid[index]);
      const value = figures?.[column] ?? null;
      if (value === null) continue;
      if (figures.is_final) {
        settled[index] = value;
      } else {
        open[index] = value;
        if (index > 0 && settled[index - 1] !== null) open[index - 1] = settled[index - 1];
      }
    }
    return { settled, open };
  }
}
