"use strict";
(() => {
  const data = JSON.parse(document.getElementById("samples").textContent);
  const total = data.id.length;
  const list = document.getElementById("list");
  const sheet = document.getElementById("sheet");
  const told = document.getElementById("told");
  const detail = document.getElementById("detail");
  const fields = ["task", "language", "formulation", "outcome"];
  const inputs = Object.fromEntries(fields.map((name) => [name, document.getElementById(name)]));
  const search = document.getElementById("search");
  const outcome = (score) => (score >= 1 ? "right" : score <= 0 ? "wrong" : "in part");
  const outcomes = data.score.map(outcome);
  const lower = data.prompt.map((text, i) => `${text} ${data.answer[i]} ${data.reply[i]} ${data.id[i]}`.toLowerCase());
  const HEIGHT = 44;
  let shown = [];
  let chosen = -1;
  let scroll = 0;

  const make = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const bdi = (parent, text) => parent.append(make("bdi", "", text));

  const fill = (select, values) => {
    for (const value of [...new Set(values)].sort()) {
      const option = make("option", "", String(value));
      option.value = String(value);
      select.append(option);
    }
  };
  fill(inputs.task, data.task);
  fill(inputs.language, data.language);
  fill(inputs.formulation, data.formulation);
  fill(inputs.outcome, outcomes);

  const draw = () => {
    const first = Math.max(0, Math.floor(list.scrollTop / HEIGHT) - 4);
    const last = Math.min(shown.length, first + Math.ceil(list.clientHeight / HEIGHT) + 8);
    const rows = [];
    for (let place = first; place < last; place += 1) {
      const i = shown[place];
      const row = make("button", `row ${outcomes[i].replace(" ", "-")}`);
      row.type = "button";
      row.dataset.place = String(place);
      row.setAttribute("aria-pressed", String(i === chosen));
      row.append(make("span", "mark", outcomes[i]));
      row.append(make("span", "where", `${data.task[i]} ${data.language[i]}`));
      const text = make("span", "text");
      bdi(text, data.prompt[i].slice(-160).replaceAll("\n", " "));
      row.append(text);
      const said = make("span", "said");
      bdi(said, (data.answer[i] || data.reply[i]).slice(0, 80));
      row.append(said);
      row.addEventListener("click", () => choose(i));
      rows.push(row);
    }
    sheet.style.height = `${shown.length * HEIGHT}px`;
    sheet.style.paddingTop = `${first * HEIGHT}px`;
    sheet.replaceChildren(...rows);
  };

  const choose = (i) => {
    chosen = i;
    draw();
    const head = make("h3");
    bdi(head, data.id[i]);
    const about = make("p", "small", `${data.task[i]} · ${data.language[i]} · formulation ` +
      `${data.formulation[i]} · score ${data.score[i].toFixed(3)}`);
    const prompt = make("pre", "prompt");
    bdi(prompt, data.prompt[i]);
    const parts = [head, about, make("h4", "", "Prompt"), prompt];
    if (data.options[i].length) {
      const table = make("table");
      data.options[i].forEach((option, n) => {
        const row = make("tr", option === data.right[i] ? "right" : "");
        const cell = make("td");
        bdi(cell, option);
        const score = data.scores[i][n];
        row.append(cell, make("td", "n", score === undefined ? "" : score.toFixed(4)));
        row.append(make("td", "", (option === data.right[i] ? "right " : "") +
          (option === data.answer[i] ? "chosen" : "")));
        table.append(row);
      });
      parts.push(make("h4", "", data.scores[i].length ? "Options and their scores" : "Options"), table);
    }
    const answer = make("pre");
    bdi(answer, data.answer[i]);
    const right = make("pre");
    bdi(right, data.right[i]);
    if (data.reply[i]) {
      const reply = make("pre");
      bdi(reply, data.reply[i]);
      parts.push(make("h4", "", `Reply (options named: ${data.outcome[i]})`), reply);
    }
    parts.push(make("h4", "", "Answer"), answer, make("h4", "", "Right answer"), right);
    detail.replaceChildren(...parts);
  };

  const filter = () => {
    const began = performance.now();
    const wanted = fields.map((name) => inputs[name].value);
    const text = search.value.toLowerCase();
    const columns = [data.task, data.language, data.formulation, outcomes];
    shown = [];
    let sum = 0;
    for (let i = 0; i < total; i += 1) {
      if (wanted.every((value, n) => value === "" || String(columns[n][i]) === value) &&
          (text === "" || lower[i].includes(text))) {
        shown.push(i);
        sum += data.score[i];
      }
    }
    list.scrollTop = 0;
    draw();
    const mean = shown.length ? (sum / shown.length).toFixed(3) : "–";
    told.textContent = `${shown.length.toLocaleString("en")} of ${total.toLocaleString("en")} ` +
      `samples, mean score ${mean}`;
    document.body.dataset.filtered = String(performance.now() - began);
  };

  const move = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !shown.length) return;
    event.preventDefault();
    const place = Math.min(shown.length - 1, Math.max(0, shown.indexOf(chosen) + step));
    if (place * HEIGHT < list.scrollTop) list.scrollTop = place * HEIGHT;
    const below = (place + 1) * HEIGHT - list.clientHeight;
    if (below > list.scrollTop) list.scrollTop = below;
    choose(shown[place]);
    sheet.querySelector(`[data-place="${place}"]`)?.focus();
  };

  for (const input of Object.values(inputs)) input.addEventListener("change", filter);
  search.addEventListener("input", filter);
  list.addEventListener("keydown", move);
  list.addEventListener("scroll", () => {
    cancelAnimationFrame(scroll);
    scroll = requestAnimationFrame(draw);
  });
  filter();
  document.body.dataset.ready = String(performance.now());
})();
