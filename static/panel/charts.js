// The charts of the panel, over time: response times, rows a second and bytes a second of the rows that are shown. Dragging over them shows only
// that time; a click points at a time, whose numbers stand above. With the keyboard: arrows point, with shift they choose a span, Enter shows
// only it, and Escape shows all again.
"use strict";

globalThis.tetherscopeCharts = (() => {
  // mount draws into host; brush(from, to) is called with a span in milliseconds since 1970, an empty one for all.
  const mount = (host, brush) => {
    const readout = document.createElement("p");
    readout.className = "readout";
    readout.dataset.testid = "readout";
    const canvas = document.createElement("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "slider");
    canvas.setAttribute("aria-label", "Charts: response times and rates over time");
    canvas.setAttribute("aria-valuemin", "0");
    const legend = document.createElement("p");
    legend.className = "legend";
    for (const [line, what] of [["p50", "p50"], ["p95", "p95"], ["p99", "p99"], ["max", "max"], ["out", "↑ sent"], ["into", "↓ received"]]) {
      const sample = document.createElement("span");
      sample.className = "sample " + line;
      legend.append(sample, what);
    }
    const head = document.createElement("div");
    head.className = "head";
    head.append(readout, legend);
    host.append(head, canvas);
    const context = canvas.getContext("2d");

    // What is drawn: a list of numbers for each line, one number a bin.
    let start = 0; // ms since 1970
    let width = 0; // ms of a bin
    let count = 0; // of bins
    let lines = {};
    const NAMES = ["rowsOut", "rowsIn", "bytesOut", "bytesIn", "answers", "p50", "p95", "p99", "max"];
    let at = -1; // the bin that is pointed at; -1 for none
    let from = -1; // where a span begins that is chosen by the keyboard; -1 for none
    let dragged = null; // [from, to] in bins
    let waiting = ""; // what came while a span was being chosen

    const color = (name) => {
      canvas.style.color = `var(${name}, gray)`;
      return getComputedStyle(canvas).color;
    };
    const short = (n) => {
      if (n >= 1e6) return `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)} M`;
      if (n >= 1e4) return `${(n / 1e3).toFixed(n < 1e5 ? 1 : 0)} k`;
      return n >= 100 || Number.isInteger(n) ? n.toFixed(0) : n.toFixed(n < 1 ? 2 : 1);
    };
    const duration = (ns) => {
      const [unit, name] = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]].find(([u]) => ns >= u) ?? [1e3, "µs"];
      const n = ns / unit;
      return `${n.toFixed(n < 10 ? 2 : n < 100 ? 1 : 0)} ${name}`;
    };
    const clock = (ms, step) => {
      const d = new Date(ms);
      const two = (n) => String(n).padStart(2, "0");
      const text = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
      return step < 1000 ? `${text}.${String(d.getMilliseconds()).padStart(3, "0")}` : text;
    };
    const rate = (n) => n / (width / 1000);

    // words says what happened in a bin.
    const words = (i) => {
      const answers = lines.answers[i]
        ? `p50 ${duration(lines.p50[i])} · p95 ${duration(lines.p95[i])} · p99 ${duration(lines.p99[i])} · max ${duration(lines.max[i])} of ${lines.answers[i]}`
        : "no responses";
      return `${clock(start + i * width, width)} · ${answers} · ↑ ${short(rate(lines.rowsOut[i]))} ↓ ${short(rate(lines.rowsIn[i]))} rows/s` +
        ` · ↑ ${short(rate(lines.bytesOut[i]))} ↓ ${short(rate(lines.bytesIn[i]))} B/s`;
    };
    const spanWords = ([a, b]) => `${clock(start + a * width, 1)} to ${clock(start + b * width, 1)}`;
    const chosen = () => dragged ?? (from < 0 ? null : [Math.min(from, at), Math.max(from, at) + 1]);
    const say = () => {
      const span = chosen();
      const text = count === 0 ? "No frames among the rows that are shown" : span ? `Show only ${spanWords(span)}` : at >= 0 ? words(at)
        : `${spanWords([0, count])} in steps of ${width < 1000 ? `${width} ms` : `${width / 1000} s`}: point at the charts for numbers, drag to show only a time`;
      readout.textContent = text;
      canvas.setAttribute("aria-valuemax", String(Math.max(0, count - 1)));
      canvas.setAttribute("aria-valuenow", String(Math.max(0, at)));
      canvas.setAttribute("aria-valuetext", text);
    };

    const AXIS = 13; // pixels for the times
    const LEFT = 56; // pixels for what the lines mean
    const x = (bin, w) => LEFT + (bin / Math.max(1, count)) * (w - LEFT);

    const frame = (top, height, w, title, most) => {
      context.fillStyle = color("--line");
      context.fillRect(0, Math.round(top + height), w, 1);
      context.fillStyle = color("--soft");
      context.textAlign = "left";
      context.textBaseline = "top";
      context.fillText(title, 4, top + 2);
      context.textBaseline = "bottom";
      context.fillText(most, 4, top + height - 1);
    };

    // steps draws a line that has one height for each bin; without is where there is none.
    const steps = (list, style, dash, y, without, w) => {
      context.strokeStyle = style;
      context.setLineDash(dash);
      context.lineWidth = 1.5;
      context.beginPath();
      let drawing = false;
      list.forEach((n, i) => {
        if (without(i)) {
          drawing = false;
          return;
        }
        if (drawing) context.lineTo(x(i, w), y(n));
        else context.moveTo(x(i, w), y(n));
        context.lineTo(x(i + 1, w), y(n));
        drawing = true;
      });
      context.stroke();
      context.setLineDash([]);
    };

    // times draws the percentiles over a logarithmic scale, so that one slow answer does not hide the others.
    const times = (top, height, w) => {
      const known = lines.p50.filter((n, i) => lines.answers[i] > 0);
      const least = Math.min(...known);
      const most = Math.max(...lines.max);
      frame(top, height, w, "response", known.length ? `≤ ${duration(most)}` : "none");
      canvas.dataset.most = known.length ? duration(most) : "";
      if (!known.length) return;
      const low = Math.log10(Math.max(1, least * 0.8));
      const range = Math.max(0.2, Math.log10(most * 1.1) - low);
      const y = (ns) => top + height - 2 - ((Math.log10(Math.max(1, ns)) - low) / range) * (height - 5);
      const none = (i) => lines.answers[i] === 0;
      context.fillStyle = color("--line");
      for (let ten = Math.ceil(low); 10 ** ten <= most; ten++) context.fillRect(LEFT, Math.round(y(10 ** ten)), w - LEFT, 1);
      context.fillStyle = color("--bad");
      lines.max.forEach((ns, i) => none(i) || context.fillRect(x(i + 0.5, w) - 1, y(ns) - 1, 2, 2));
      steps(lines.p99, color("--bad"), [2, 2], y, none, w);
      steps(lines.p95, color("--wait"), [5, 2], y, none, w);
      steps(lines.p50, color("--accent"), [], y, none, w);
    };

    const rates = (top, height, w, title, unit, out, into) => {
      const most = Math.max(...out, ...into, 0);
      frame(top, height, w, title, `≤ ${short(rate(most))}${unit}`);
      const y = (n) => top + height - 2 - (n / Math.max(1, most)) * (height - 5);
      steps(into, color("--in-bar"), [], y, () => false, w);
      steps(out, color("--out-bar"), [4, 2], y, () => false, w);
    };

    const axis = (w, h) => {
      const labels = [];
      const room = (count * width * 84) / Math.max(1, w - LEFT);
      const nice = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 432e5];
      const step = nice.find((n) => n >= room) ?? Math.ceil(room / 864e5) * 864e5;
      context.fillStyle = color("--soft");
      context.textAlign = "left";
      context.textBaseline = "bottom";
      for (let ms = Math.ceil(start / step) * step; ms < start + count * width; ms += step) {
        const left = x((ms - start) / width, w);
        const text = clock(ms, step);
        if (left + context.measureText(text).width + 4 > w) break;
        context.fillRect(Math.round(left), h - AXIS, 1, 4);
        context.fillText(text, left + 3, h);
        labels.push(text);
      }
      canvas.dataset.axis = labels.join(" ");
    };

    const draw = () => {
      const scale = devicePixelRatio || 1;
      const w = Math.max(1, canvas.clientWidth);
      const h = Math.max(1, canvas.clientHeight);
      if (canvas.width !== Math.round(w * scale) || canvas.height !== Math.round(h * scale)) {
        canvas.width = Math.round(w * scale);
        canvas.height = Math.round(h * scale);
      }
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, w, h);
      say();
      if (count === 0) return;
      context.font = "9.5px system-ui, sans-serif";
      const span = chosen();
      if (span) {
        context.fillStyle = color("--accent-soft");
        context.fillRect(x(span[0], w), 0, Math.max(1, x(span[1], w) - x(span[0], w)), h);
      }
      const room = h - AXIS;
      times(0, room * 0.44, w);
      rates(room * 0.44, room * 0.28, w, "rows/s", "", lines.rowsOut, lines.rowsIn);
      rates(room * 0.72, room * 0.28, w, "bytes/s", "B", lines.bytesOut, lines.bytesIn);
      axis(w, h);
      if (at >= 0) {
        context.fillStyle = color("--ink");
        context.fillRect(Math.round(x(at + 0.5, w)), 0, 1, room);
      }
    };

    const paint = (packed) => {
      waiting = dragged || from >= 0 ? packed : "";
      if (waiting) return;
      const [head, ...lists] = packed.split(";");
      [start, width] = head.split(",").map(Number);
      lists.forEach((text, i) => {
        lines[NAMES[i]] = text ? text.split(",").map(Number) : [];
      });
      count = width ? (lines.rowsOut?.length ?? 0) : 0;
      if (at >= count) at = from = -1;
      draw();
    };

    const binAt = (event) => {
      const box = canvas.getBoundingClientRect();
      return Math.max(0, Math.min(1, (event.clientX - box.left - LEFT) / Math.max(1, box.width - LEFT))) * count;
    };
    const point = (bin) => {
      at = Math.max(0, Math.min(count - 1, Math.floor(bin)));
      draw();
    };
    // release draws what came meanwhile.
    const release = () => (waiting ? paint(waiting) : draw());
    const finish = (span) => {
      at = from = -1;
      dragged = null;
      brush(...span.map((bin) => (span[1] > span[0] ? start + bin * width : 0)));
      release();
    };
    canvas.addEventListener("pointermove", (event) => count && !dragged && from < 0 && point(binAt(event)));
    canvas.addEventListener("pointerleave", () => {
      if (dragged || document.activeElement === canvas) return;
      at = -1;
      draw();
    });
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || count === 0) return;
      from = -1;
      const first = binAt(event);
      const left = event.clientX;
      canvas.setPointerCapture(event.pointerId);
      const move = (e) => {
        const to = binAt(e);
        dragged = Math.abs(e.clientX - left) < 3 ? null : [Math.min(first, to), Math.max(first, to)];
        draw();
      };
      const up = () => {
        canvas.removeEventListener("pointermove", move);
        canvas.removeEventListener("pointerup", up);
        canvas.removeEventListener("pointercancel", up);
        if (dragged) finish(dragged);
        else release();
      };
      canvas.addEventListener("pointermove", move);
      canvas.addEventListener("pointerup", up);
      canvas.addEventListener("pointercancel", up);
    });
    canvas.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[event.key];
      if (by && count) {
        if (!event.shiftKey) from = -1;
        else if (from < 0) from = Math.max(0, at);
        point(at >= 0 || Math.abs(by) === Infinity ? at + by : by > 0 ? 0 : count - 1);
      } else if (event.key === "Enter" && at >= 0) finish(chosen() ?? [at, at + 1]);
      else if (event.key === "Escape" && from >= 0) {
        from = -1;
        release();
      } else if (event.key === "Escape") finish([0, 0]);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    new ResizeObserver(draw).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    addEventListener("tetherscope-theme", draw);
    return { paint };
  };

  return { mount };
})();
