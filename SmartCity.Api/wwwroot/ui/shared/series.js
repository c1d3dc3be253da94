// Windows of one sensor type in memory: by city, by start, each with its figures.

export class Series {
  constructor() {
    this.clear();
  }

  clear() {
    this.cities = new Map();
    this.newest = null;
  }

  // Takes pages of /query in the columns format.
  load(pages) {
    this.clear();
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

  put(city, start, figures) {
    let windows = this.cities.get(city);
    if (!windows) this.cities.set(city, (windows = new Map()));
    windows.set(start, figures);
    if (this.newest === null || start > this.newest) this.newest = start;
  }

  at(city, start) {
    return this.cities.get(city)?.get(start);
  }

  // Forgets what lies before a time.
  trim(oldest) {
    for (const windows of this.cities.values()) for (const start of windows.keys()) if (start < oldest) windows.delete(start);
  }

  // Starts at a regular pace, so that a missing window is a gap and not a straight line. Steps that are no multiple of each other (days of a time zone) are taken as they are.
  grid(step) {
    const starts = new Set();
    for (const windows of this.cities.values()) for (const start of windows.keys()) starts.add(start);
    const sorted = [...starts].sort((left, right) => left - right);
    if (sorted.length === 0 || step >= 86400) return sorted;
    const grid = [];
    for (let start = sorted[0]; start <= this.newest; start += step) grid.push(start);
    return grid;
  }

  // An open window with less than a twentieth of the readings that those just before it have, or with one or two where they have six: the mean of so few leaps about and says nothing yet.
  hasJustBegun(city, grid, index) {
    let most = 0;
    for (let before = Math.max(0, index - 5); before < index; before++) most = Math.max(most, this.at(city, grid[before])?.reading_count ?? 0);
    const count = this.at(city, grid[index]).reading_count;
    return count * 20 < most || (count < 3 && most >= 6);
  }

  // One metric of one city along a grid: its mean where it is final, its mean where it is still open (joined to the last final one, so that the line has no hole), and the extremes.
  line(city, stem, grid) {
    const line = { settled: [], open: [], low: [], high: [] };
    for (let index = 0; index < grid.length; index++) {
      const figures = this.at(city, grid[index]);
      const isFinal = figures?.is_final ?? true;
      const isBare = !isFinal && this.hasJustBegun(city, grid, index);
      const value = isBare ? null : (figures?.[`avg_${stem}`] ?? null);
      line.settled.push(isFinal ? value : null);
      line.open.push(isFinal ? null : value);
      if (!isFinal && value !== null && index > 0 && line.settled[index - 1] !== null) line.open[index - 1] = line.settled[index - 1];
      line.low.push(isBare ? null : (figures?.[`min_${stem}`] ?? null));
      line.high.push(isBare ? null : (figures?.[`max_${stem}`] ?? null));
    }
    return line;
  }
}
