// The timeline of the panel: how dense the traffic was, sent above the axis and received below it. Dragging over it shows
// only that time; a click shows all again. With the keyboard: arrows move the span, with shift they widen it, Escape shows
// all.
"use strict";

globalThis.tetherscopeTimeline = (() => {
  // mount draws into host; brush(from, to) is called with a span in bins, an empty one for all.
  const mount = (host, brush) => {
    const canvas = document.createElement("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "slider");
    canvas.setAttribute("aria-label", "Timeline: span of time that is shown");
    canvas.setAttribute("aria-valuemin", "0");
    canvas.setAttribute("aria-valuemax", "100");
    host.append(canvas);
    const context = canvas.getContext("2d");

    let width = 0; // ms of a bin
    let out = [];
    let into = [];
    let span = null; // [from, to] in bins
    let dragged = null;

    const color = (name) => {
      canvas.style.color = `var(${name}, gray)`;
      return getComputedStyle(canvas).color;
    };
    const numbers = (text) => (text ? text.split(",").map(Number) : []);
    const time = (bins) => {
      const ms = bins * width;
      return ms < 1000 ? ms.toFixed(0) + " ms" : (ms / 1000).toFixed(1) + " s";
    };

    const say = () => {
      const shown = dragged ?? span;
      canvas.setAttribute("aria-valuetext", shown ? `${time(shown[0])} to ${time(shown[1])} of ${time(out.length)}` : `all of ${time(out.length)}`);
      canvas.setAttribute("aria-valuenow", String(shown ? Math.round((100 * shown[0]) / Math.max(1, out.length)) : 0));
    };

    // axis draws times since the start below the bars, as many as there is room for, in steps of 1, 2 or 5.
    const AXIS = 12; // pixels
    const axis = (w, h) => {
      const total = out.length * width;
      const labels = [];
      if (total > 0) {
        const least = Math.max(1, (total * 72) / w);
        const tens = 10 ** Math.floor(Math.log10(least));
        const step = [1, 2, 5, 10].map((n) => n * tens).find((n) => n >= least);
        context.fillStyle = color("--soft");
        context.font = "9.5px system-ui, sans-serif";
        context.textAlign = "left";
        context.textBaseline = "bottom";
        for (let ms = 0; ms < total; ms += step) {
          const x = (ms / total) * w;
          const text = label(ms, step);
          if (x + context.measureText(text).width + 4 > w) break;
          context.fillRect(Math.round(x), h - AXIS, 1, 4);
          context.fillText(text, x + 3, h);
          labels.push(text);
        }
      }
      canvas.dataset.axis = labels.join(" ");
    };
    const label = (ms, step) => {
      if (ms === 0) return "0";
      if (step < 1000) return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(step < 10 ? 3 : step < 100 ? 2 : 1)} s`;
      return step < 60_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
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
      const bins = out.length || 1;
      const most = Math.sqrt(Math.max(1, ...out, ...into));
      const step = w / bins;
      const half = (h - AXIS) / 2;
      const shown = dragged ?? span;
      if (shown) {
        context.fillStyle = color("--accent-soft");
        context.fillRect(shown[0] * step, 0, Math.max(1, (shown[1] - shown[0]) * step), h);
      }
      const bars = (counts, style, up) => {
        context.fillStyle = style;
        counts.forEach((n, i) => {
          if (n === 0) return;
          const size = Math.max(1, (Math.sqrt(n) / most) * (half - 2));
          context.fillRect(i * step, up ? half - size : half, Math.max(1, step - (step > 3 ? 1 : 0)), size);
        });
      };
      bars(out, color("--out-bar"), true);
      bars(into, color("--in-bar"), false);
      context.fillStyle = color("--line");
      context.fillRect(0, half, w, 1);
      context.fillRect(0, h - AXIS, w, 1);
      axis(w, h);
      say();
    };

    const paint = (packed) => {
      const [binWidth, filter, sent, received] = packed.split(";");
      width = Number(binWidth);
      span = filter ? numbers(filter) : null;
      out = numbers(sent);
      into = numbers(received);
      draw();
    };

    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * out.length;
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || out.length === 0) return;
      const from = at(event);
      const x = event.clientX;
      canvas.setPointerCapture(event.pointerId);
      const move = (e) => {
        const to = at(e);
        dragged = Math.abs(e.clientX - x) < 3 ? null : [Math.min(from, to), Math.max(from, to)];
        draw();
      };
      const up = () => {
        canvas.removeEventListener("pointermove", move);
        canvas.removeEventListener("pointerup", up);
        canvas.removeEventListener("pointercancel", up);
        brush(...(dragged ?? [0, 0]));
        dragged = null;
      };
      canvas.addEventListener("pointermove", move);
      canvas.addEventListener("pointerup", up);
      canvas.addEventListener("pointercancel", up);
    });
    canvas.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const step = Math.max(1, out.length / 50);
      if (event.key === "Escape" && span) brush(0, 0);
      else if (by && event.shiftKey && span) brush(span[0], Math.max(span[0] + 1, span[1] + by * step));
      else if (by && span) brush(Math.max(0, span[0] + by * step), span[1] + by * step);
      else if (by) brush(by > 0 ? 0 : out.length - 5 * step, by > 0 ? 5 * step : out.length);
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
