"use strict";
// Filters: recomputes every figure from the counts in #data; fetches nothing.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  if (!data.rows.length) return;
  const $ = (id) => document.getElementById(id);
  const F = data.frames.length, P = data.pairs.length;
  const N = 3, POSTS = 4, SQUARES = 5, FRAMES = 7, BY_POST = FRAMES + F, PAIRS = BY_POST + F;
  const STANCES = PAIRS + P, WIDTH = STANCES + 3 * data.targets;
  const ALL = -2, FIRST_ROWS = 25;
  const box = data.panel;

  const percent = (share) => {
    if (share > 0 && share < 0.005) return "<1%";
    if (share >= 0.995 && share < 1) return ">99%";
    return `${Math.floor(share * 100 + 0.5)}%`;
  };
  const decimal = (share) => (share * 100).toFixed(1).replace(".", data.locale === "ru" ? "," : ".");
  const interval = (low, high) => high - low < 0.03 && high > low
    ? `${decimal(low)}% – ${decimal(high)}%` : `${percent(low)} – ${percent(high)}`;
  const number = (n) => Math.round(n).toLocaleString("en").replaceAll(",", data.locale === "ru" ? "\u00a0" : ",");
  const say = (text, values) => data.texts[text].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  // The same interval as in evaluation/intervals.py and report/design_effects.py.
  const wilson = (count, n, effect) => {
    const share = count / n, size = n / effect, z = data.z, scale = 1 + z * z / size;
    const centre = share + z * z / (2 * size);
    const half = z * Math.sqrt(share * (1 - share) / size + z * z / (4 * size * size));
    return [count === 0 ? 0 : Math.max(0, (centre - half) / scale),
            count === n ? 1 : Math.min(1, (centre + half) / scale)];
  };
  const ofFrame = (total, frame) => {
    const n = total[N], icc = data.icc[frame];
    if (!n) return [0, 0];
    return wilson(total[FRAMES + frame], n, data.inflation * (1 + icc * Math.max(0, total[SQUARES] / n - 1)));
  };
  const roundEnd = (values) => {
    const top = Math.max(0, ...values);
    return data.ends.find((end) => end >= top - 1e-9) ?? 1;
  };
  const shade = (value, most) => most > 0 ? Math.min(data.shades - 1, Math.floor(value / most * data.shades)) : 0;

  const chosen = () => ({
    channel: Number($("by-channel").value), language: Number($("by-language").value),
    from: Number($("by-from").value || 0), to: Number($("by-to").value || 0),
    frame: Number($("by-frame").value),
  });
  const wholeTime = (f) => f.from === 0 && f.to >= data.periods.length - 1;
  const inTime = (f, p) => wholeTime(f) || (p >= f.from && p <= f.to);
  const fits = (f, c, l, p) =>
    (f.channel === ALL || f.channel === c) && (f.language === ALL || f.language === l) && inTime(f, p);

  function sums(f, key, size) {
    const tables = Array.from({ length: size }, () => new Float64Array(WIDTH));
    for (const row of data.rows) {
      if (!fits(f, row[0], row[2], row[1])) continue;
      const table = tables[key(row)];
      if (table) for (let i = N; i < WIDTH; i++) table[i] += row[i];
    }
    return tables;
  }

  const SVG = "http://www.w3.org/2000/svg";
  function draw(parent, name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  }

  function shares(total) {
    const table = $("shares");
    if (!table) return;
    const n = total[N];
    const rows = data.frames.map((_, i) => {
      const count = total[FRAMES + i];
      const posts = total[POSTS] ? total[BY_POST + i] / total[POSTS] : 0;
      return [count, n ? count / n : 0, ...ofFrame(total, i), posts];
    });
    const most = roundEnd(rows.map((row) => Math.max(row[3], row[4])));
    $("scale").textContent = percent(most);
    rows.forEach(([count, share, low, high, posts], i) => {
      const row = table.tBodies[0].rows[i], line = row.querySelector(".range"), mark = row.querySelector(".posts");
      row.querySelector(".fill").setAttribute("width", `${share / most * 100}%`);
      line.setAttribute("x1", `${low / most * 100}%`);
      line.setAttribute("x2", `${high / most * 100}%`);
      for (const end of ["x1", "x2"]) mark.setAttribute(end, `${posts / most * 100}%`);
      row.cells[2].textContent = n ? percent(share) : "–";
      row.cells[3].textContent = n ? interval(low, high) : "–";
      row.cells[4].textContent = total[POSTS] ? percent(posts) : "–";
      row.cells[5].textContent = number(count);
    });
  }

  function points(byPeriod, f, frame) {
    const list = [];
    for (let p = f.from; p <= f.to; p++) {
      const n = byPeriod[p][N], count = byPeriod[p][FRAMES + frame];
      const [low, high] = ofFrame(byPeriod[p], frame);
      list.push({ name: data.periods[p][0], tick: data.periods[p][1], n, count, share: n ? count / n : null, low, high });
    }
    return list;
  }
  const axisEnd = (list) => {
    const read = list.filter((point) => point.share !== null);
    const firm = read.filter((point) => point.n >= data.few);
    return roundEnd((firm.length ? firm : read).map((point) => point.high));
  };

  function ticks(svg, list, x, floor) {
    const last = list.length - 1;
    const places = last > 3 ? [0, Math.floor(list.length / 2), last] : list.map((_, i) => i);
    for (const i of places) {
      const edge = list.length > data.wide && (i === 0 || i === last);
      const anchor = edge ? (i === 0 ? "" : " end") : " mid";
      const at = edge ? (i === 0 ? box.left : box.width - box.right) : x(i);
      draw(svg, "text", { class: `dim${anchor}`, x: at, y: floor + 16 }, list[i].tick);
    }
  }

  function panel(svg, list, most) {
    svg.replaceChildren();
    const step = (box.width - box.left - box.right) / list.length;
    const floor = box.height - box.bottom, tall = floor - box.top;
    const x = (i) => +(box.left + (i + 0.5) * step).toFixed(1);
    const y = (value) => +(floor - Math.min(value, most) / most * tall).toFixed(1);
    for (const value of [0, most / 2, most]) {
      draw(svg, "line", { class: "axis", x1: box.left, x2: box.width - box.right, y1: y(value), y2: y(value) });
      draw(svg, "text", { class: "dim end", x: box.left - 6, y: y(value) + 4 }, `${+(value * 100).toPrecision(6)}%`);
    }
    ticks(svg, list, x, floor);
    let run = [];
    const flush = () => {
      if (run.length === 1) {
        const i = run[0];
        draw(svg, "line", { class: "whisker", x1: x(i), x2: x(i), y1: y(list[i].low), y2: y(list[i].high) });
      } else if (run.length) {
        const upper = run.map((i) => `${x(i)},${y(list[i].high)}`);
        const lower = run.map((i) => `${x(i)},${y(list[i].low)}`).reverse();
        draw(svg, "polygon", { class: "band", points: [...upper, ...lower].join(" ") });
        draw(svg, "polyline", { class: "line", points: run.map((i) => `${x(i)},${y(list[i].share)}`).join(" ") });
      }
      for (const i of run) {
        const kind = list[i].n >= data.few ? "dot" : "hollow";
        draw(svg, "circle", { class: kind, cx: x(i), cy: y(list[i].share), r: run.length === 1 ? 2.8 : run.length < 40 ? 2.2 : 1.6 });
      }
      run = [];
    };
    list.forEach((point, i) => (point.share === null ? flush() : run.push(i)));
    flush();
    list.forEach((point, i) => {
      if (point.share !== null && point.high > most) draw(svg, "path", { class: "clip", d: `M${x(i) - 3} ${box.top - 2}h6l-3 -5z` });
      const hit = draw(svg, "rect", { class: "hit", "pointer-events": "all", x: x(i) - step / 2, y: box.top, width: step, height: tall });
      draw(hit, "title", {}, point.share === null ? say("{name}: no paragraphs", point)
        : say("{name}: {share} (95% interval {low} to {high}), {count} of {n} paragraphs",
              { name: point.name, share: percent(point.share), low: percent(point.low), high: percent(point.high), count: number(point.count), n: number(point.n) }));
    });
  }

  function volume(svg, list) {
    svg.replaceChildren();
    const step = (box.width - box.left - box.right) / list.length;
    const floor = box.height - box.bottom, tall = floor - box.top;
    const most = Math.max(1, ...list.map((point) => point.n));
    draw(svg, "text", { class: "dim end", x: box.left - 6, y: box.top + 4 }, number(most));
    draw(svg, "text", { class: "dim end", x: box.left - 6, y: floor + 4 }, "0");
    draw(svg, "line", { class: "axis", x1: box.left, x2: box.width - box.right, y1: floor, y2: floor });
    ticks(svg, list, (i) => box.left + (i + 0.5) * step, floor);
    list.forEach((point, i) => {
      const height = point.n / most * tall;
      const bar = draw(svg, "rect", { class: "bar", x: box.left + (i + 0.1) * step, y: floor - height, width: step * 0.8, height });
      draw(bar, "title", {}, say("{name}: {n} paragraphs", { name: point.name, n: number(point.n) }));
    });
  }

  function time(f) {
    const drawings = document.querySelectorAll("#panels svg");
    if (!drawings.length) return;
    const byPeriod = sums(f, (row) => row[1], data.periods.length);
    const series = data.frames.map((_, i) => points(byPeriod, f, i));
    const most = Math.max(...series.map(axisEnd));
    volume(drawings[0], series[0]);
    series.forEach((list, i) => panel(drawings[i + 1], list, most));
    for (const row of $("periods").tBodies[0].rows) {
      const p = Number(row.dataset.row);
      row.hidden = p < f.from || p > f.to;
      row.cells[1].textContent = number(byPeriod[p][N]);
      data.frames.forEach((_, i) => { row.cells[2 + i].textContent = number(byPeriod[p][FRAMES + i]); });
    }
  }

  function heat(table, lines) {
    const firm = lines.filter((line) => line.n >= data.few);
    const values = (firm.length ? firm : lines).flatMap((line) => line.counts.map((count) => (count === null || !line.n ? 0 : count / line.n)));
    const most = roundEnd(values);
    for (const row of table.tBodies[0].rows) {
      const { n, counts } = lines[Number(row.dataset.row)];
      row.classList.toggle("few", n < data.few);
      row.cells[1].textContent = number(n);
      counts.forEach((count, i) => {
        const cell = row.cells[2 + i], known = count !== null && n > 0;
        cell.textContent = known ? percent(count / n) : "–";
        cell.className = !known ? "none" : n < data.tooFew ? "plain" : `q${shade(count / n, most)}`;
        cell.dataset.value = known ? count / n : -1;
      });
    }
  }

  // The channel filter highlights the channel's row and keeps the others for comparison.
  function channels(f) {
    const table = $("by-channels");
    const byChannel = sums({ ...f, channel: ALL }, (row) => row[0], data.channels.length);
    heat(table, byChannel.map((total) => ({ n: total[N], counts: [...total.slice(FRAMES, FRAMES + F)] })));
    for (const row of table.tBodies[0].rows) row.classList.toggle("chosen", Number(row.dataset.row) === f.channel);
    order();
  }

  let sorted = null, wholeTable = false;
  function order() {
    const body = $("by-channels").tBodies[0];
    const value = (row) => sorted.column < 0 ? Number(row.cells[1].textContent.replace(/\D/g, "")) : Number(row.cells[2 + sorted.column].dataset.value);
    const rows = [...body.rows];
    if (sorted) rows.sort((a, b) => sorted.sign * (value(a) - value(b)) || a.dataset.row - b.dataset.row);
    if (sorted) body.append(...rows);
    rows.forEach((row, i) => { row.hidden = !wholeTable && i >= FIRST_ROWS && !row.classList.contains("chosen"); });
  }
  function sorting() {
    for (const button of document.querySelectorAll("#by-channels [data-sort]")) {
      button.addEventListener("click", () => {
        const column = Number(button.dataset.sort);
        sorted = { column, sign: sorted && sorted.column === column ? -sorted.sign : -1 };
        for (const head of document.querySelectorAll("#by-channels th[aria-sort]")) head.removeAttribute("aria-sort");
        button.parentElement.setAttribute("aria-sort", sorted.sign < 0 ? "descending" : "ascending");
        channels(chosen());
      });
    }
    if (data.channels.length <= FIRST_ROWS) return;
    const more = document.createElement("button");
    more.type = "button";
    more.className = "more";
    more.textContent = say("Show all {n} rows", { n: data.channels.length });
    more.addEventListener("click", () => { wholeTable = true; more.remove(); order(); });
    $("by-channels").parentElement.after(more);
    order();
  }

  function together(total) {
    if (!$("by-pairs")) return;
    const both = data.frames.map(() => data.frames.map(() => null));
    data.pairs.forEach(([a, b], i) => { both[a][b] = both[b][a] = total[PAIRS + i]; });
    const own = [...total.slice(FRAMES, FRAMES + F)];
    const lines = both.map((counts, i) => ({ n: own[i], counts }));
    heat($("by-pairs"), [{ n: total[N], counts: own }, ...lines]);
  }

  function stances(total) {
    const table = $("stances");
    if (!table) return;
    [...table.tBodies[0].rows].forEach((row, t) => {
      const counts = [0, 1, 2].map((i) => total[STANCES + 3 * t + i]);
      const sum = counts[0] + counts[1] + counts[2];
      let x = 0;
      row.querySelectorAll("rect").forEach((rect, i) => {
        const width = sum ? counts[i] / sum * 100 : 0;
        rect.setAttribute("x", `${x}%`);
        rect.setAttribute("width", `${width}%`);
        rect.classList.toggle("rare", counts[i] < data.rare);
        x += width;
      });
      [...counts, sum].forEach((count, i) => {
        const cell = row.cells[2 + i];
        (cell.querySelector("a") ?? cell).textContent = number(count);
        if (i < 3) cell.classList.toggle("rare", count < data.rare);
      });
      row.cells[6].textContent = total[N] ? percent(sum / total[N]) : "–";
    });
  }

  function cards(f, filtered) {
    for (const list of document.querySelectorAll(".cards")) {
      let shown = 0;
      for (const card of list.children) {
        const { c, l, p } = card.dataset;
        const show = filtered
          ? shown < data.each && fits(f, Number(c), Number(l), Number(p))
          : !("spare" in card.dataset);
        card.hidden = !show;
        shown += show;
      }
      list.nextElementSibling.hidden = shown > 0;
    }
    for (const row of document.querySelectorAll("#forwarded tbody tr")) {
      row.hidden = f.channel !== ALL && Number(row.dataset.c) !== f.channel;
    }
  }

  function update() {
    const f = chosen();
    if (f.to < f.from) { f.to = f.from; $("by-to").value = String(f.from); }
    const parts = [];
    if (f.channel !== ALL) parts.push(data.channels[f.channel]);
    if (f.language !== ALL) parts.push(data.languages[f.language]);
    if (!wholeTime(f)) parts.push(f.from === f.to ? data.periods[f.from][0] : say("{first} to {last}", { first: data.periods[f.from][0], last: data.periods[f.to][0] }));
    const counted = parts.length > 0;
    if (f.frame !== ALL) parts.push(data.frames[f.frame]);
    const total = sums(f, () => 0, 1)[0];
    const all = data.rows.reduce((n, row) => n + row[N], 0);
    $("filtered").textContent = parts.length
      ? say("Shown: {n} of {all} paragraphs ({filters}). The findings above are about all of them.",
            { n: number(total[N]), all: number(all), filters: parts.join(", ") }) : "";
    shares(total); time(f); channels(f); stances(total); together(total);
    cards(f, counted);
    remember(f);
    for (const element of document.querySelectorAll("[data-frame]")) {
      element.hidden = f.frame !== ALL && Number(element.dataset.frame) !== f.frame;
    }
  }

  // The URL stores the filters for reloads and shared links: names, since another report may order
  // them differently.
  const SELECTS = { channel: data.channels, language: data.languages, from: data.periods.map((p) => p[2]), to: data.periods.map((p) => p[2]), frame: data.codes };
  function remember(f) {
    const query = new URLSearchParams();
    for (const [name, values] of Object.entries(SELECTS)) {
      const whole = name === "from" || name === "to" ? wholeTime(f) : f[name] === ALL;
      if (!whole) query.set(name, values[f[name]]);
    }
    const address = `${location.pathname}${query.size ? `?${query}` : ""}${location.hash}`;
    try { history.replaceState(null, "", address); } catch { /* the URL cannot be changed */ }
  }
  function recall() {
    const query = new URLSearchParams(location.search);
    for (const [name, values] of Object.entries(SELECTS)) {
      const place = query.has(name) ? values.indexOf(query.get(name)) : -1;
      if (place >= 0) $(`by-${name}`).value = String(place);
    }
    return query.size > 0;
  }

  const form = $("filters");
  form.hidden = false;
  const hide = (id, unless) => { $(id).parentElement.hidden = !unless; };
  hide("by-channel", data.channels.length > 1);
  hide("by-language", data.languages.length > 1);
  hide("by-from", data.periods.length > 1);
  hide("by-to", data.periods.length > 1);
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update));
  sorting();
  if (recall()) update();
})();
