"use strict";
// The table of rows, from the data in #data, and the buttons that copy.

const PAGE = 100; // rows at once
const PRINTED = 1000;
const LONGEST = 300; // characters of a text in the table; the CSV has all
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/; // as in report.csv
const figure = (number) => `${number}`.replace(/\B(?=(\d{3})+$)/g, " "); // 10 415
const find = (id) => document.getElementById(id);

function made(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

async function copy(button) {
  const text = find(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(text.textContent);
  } catch { // no such right: then by hand, it is selected
    getSelection().selectAllChildren(text);
    document.execCommand("copy");
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

if (find("data")) {
  const data = JSON.parse(find("data").textContent);
  const inOrder = data.rows.map((values) => Object.fromEntries(data.fields.map((field, place) => {
    const value = values[place];
    return [field, data.coded.includes(field) && typeof value === "number" ? data.words[value] : value];
  })));
  const urgency = ({ result }) => ["trouble", "open"].indexOf(data.results[result][1]);
  const rows = [0, 1, -1].flatMap((kind) => inOrder.filter((row) => urgency(row) === kind)); // trouble first
  const heads = [...document.querySelectorAll("#table thead th")];
  const columns = heads.map((head) => ({ field: head.dataset.field, isNumber: head.className === "number" }));
  const inputs = { result: find("by-result"), reason: find("by-reason"), q: find("by-text") };
  const collator = new Intl.Collator("en", { numeric: true });
  let shown = rows; // those that pass the filter, in order
  let page = 0;
  let order = ""; // a field, "-" before it: from the end; "": trouble first
  let here = null; // the row that a link points at

  // One row as elements.
  const cells = {
    row: (row) => made("th", { scope: "row", className: "number" },
      made("a", { href: `#row-${row.row}`, textContent: row.row })),
    associate_id: (row) => made("td", {}, short(`${row.associate_id ?? ""}`), ...beside(row.identity)),
    result: (row) => made("td", {}, marked(row.result), row.result),
    reason: (row) => made("td", {}, whyOf(row), ...beside(row.detail === whyOf(row) ? null : row.detail)),
    duration_ms: (row) => made("td", { className: "number" }, row.duration_ms === null ? "" : Math.round(row.duration_ms)),
    finished_at: (row) => made("td", {}, row.finished_at ? timeOf(row.finished_at) : ""),
  };
  const timeOf = (moment) => new Date(Date.parse(moment) + data.offset * 1000).toISOString().slice(11, 19);
  const short = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}\u2026` : text);
  const beside = (text) => (text ? [" ", made("small", { textContent: short(text) })] : []);
  const whyOf = (row) => data.reasons[`${row.reason} ${row.result}`] ?? data.reasons[row.reason] ?? row.reason ?? "";
  const marked = (result) => {
    const [mark, kind] = data.results[result];
    const element = made("span", { className: `mark ${kind}`, textContent: mark });
    element.setAttribute("aria-hidden", "true");
    return element;
  };
  const cell = (row, { field, isNumber }) => (cells[field]
    ? cells[field](row)
    : made("td", { className: isNumber ? "number" : "", textContent: short(`${row[field] ?? ""}`) }));

  function draw(first = page * PAGE, number = PAGE) {
    const body = made("tbody");
    for (const row of shown.slice(first, first + number)) {
      const line = made("tr", { id: `row-${row.row}`, className: row.row === here ? "here" : "", tabIndex: -1 });
      line.append(...columns.map((column) => cell(row, column)));
      body.append(line);
    }
    document.querySelector("#table tbody").replaceWith(body);
    const last = Math.max(Math.ceil(shown.length / PAGE) - 1, 0);
    find("pages").hidden = last === 0;
    find("pages").querySelector("span").textContent = `Page ${page + 1} of ${last + 1}`;
    for (const button of find("pages").querySelectorAll("button")) {
      button.disabled = page === (["first", "before"].includes(button.dataset.to) ? 0 : last);
    }
  }

  // The filter and the order.
  const hays = new Map(); // by row: all that can be searched for, made when first needed
  function hay(row) {
    if (!hays.has(row)) {
      const parts = [row.row, row.associate_id, row.identity, row.status, row.result, whyOf(row), row.reason,
        row.detail, row.message];
      hays.set(row, parts.filter((part) => part != null).join("\n").toLowerCase());
    }
    return hays.get(row);
  }

  function compare(one, other) {
    const field = order.replace("-", "");
    const [a, b] = [one[field], other[field]];
    if (a == null || b == null) return (a == null) - (b == null) || one.row - other.row; // nothing comes last
    const way = typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b);
    return (order.startsWith("-") ? -way : way) || one.row - other.row;
  }

  function sift(words = "") {
    const [result, reason, q] = ["result", "reason", "q"].map((name) => inputs[name].value);
    const text = q.trim().toLowerCase();
    shown = rows.filter((row) => (!result || row.result === result)
      && (!reason || (row.reason ?? "-") === reason) && (!text || hay(row).includes(text)));
    if (order) shown.sort(compare);
    page = 0;
    for (const [place, head] of heads.entries()) {
      const sorted = order.replace("-", "") === columns[place].field;
      if (sorted) head.setAttribute("aria-sort", order.startsWith("-") ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
      head.querySelector("span").textContent = sorted ? (order.startsWith("-") ? " \u2193" : " \u2191") : "";
    }
    const all = `${figure(rows.length)} ${rows.length === 1 ? "row" : "rows"}`;
    const number = shown.length === rows.length ? all : `${figure(shown.length)} of ${all}`;
    find("status").textContent = [words, number].filter(Boolean).join(" ");
    draw();
  }

  function choose(values) {
    for (const [name, input] of Object.entries(inputs)) {
      input.value = values[name] ?? "";
      if (input.selectedIndex === -1) input.value = ""; // a result that no row has
    }
    order = columns.some(({ field }) => field === values.sort?.replace("-", "")) ? values.sort : "";
  }

  function remember() {
    const set = Object.entries(inputs).map(([name, input]) => [name, input.value]).filter(([, value]) => value);
    if (order) set.push(["sort", order]);
    history.replaceState(null, "", `#rows${set.length ? "?" : ""}${new URLSearchParams(set)}`);
  }

  function changed() {
    here = null;
    sift();
    remember();
  }

  // Links: #row-17 to a row, #rows?result=failed&q=ann to a filter.
  function reveal(number) {
    if (!rows.some((row) => row.row === number)) {
      sift(`Row ${number} is not on this page. Look for it in report.csv.`);
      return;
    }
    here = number;
    const hidden = !shown.some((row) => row.row === number);
    if (hidden) choose({});
    sift(hidden ? `The filter is off, to show row ${number}.` : "");
    page = Math.floor(shown.findIndex((row) => row.row === number) / PAGE);
    draw();
    find(`row-${number}`).focus({ preventScroll: true });
    find(`row-${number}`).scrollIntoView({ block: "center" });
  }

  function follow() {
    const [, number] = /^#row-(\d+)$/.exec(location.hash) ?? [];
    if (number) reveal(Number(number));
    else if (location.hash.startsWith("#rows")) {
      choose(Object.fromEntries(new URLSearchParams(location.hash.slice("#rows?".length))));
      sift();
      go();
    } else if (!location.hash) { // back, to where nothing was chosen
      choose({});
      sift();
    }
  }

  function go() {
    find("rows").focus({ preventScroll: true });
    find("rows").scrollIntoView();
  }

  // The filtered rows as CSV, as report.csv has them.
  function csv() {
    const text = (value) => (typeof value === "string" && FORMULA.test(value) ? `'${value}` : `${value ?? ""}`);
    const quoted = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    const line = (values) => `${values.map((value) => quoted(text(value))).join(",")}\r\n`;
    const sorted = order ? shown : shown.toSorted((one, other) => one.row - other.row);
    return [data.fields, ...sorted.map((row) => data.fields.map((field) => row[field]))].map(line);
  }

  function save() {
    const link = made("a", { download: `rows-${data.run_id}.csv` });
    link.href = URL.createObjectURL(new Blob(["\ufeff", ...csv()], { type: "text/csv" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function turn(to) {
    const last = Math.ceil(shown.length / PAGE) - 1;
    page = Math.min(Math.max({ first: 0, before: page - 1, next: page + 1, last }[to], 0), last);
    draw();
  }

  function walk(event) { // with the arrow keys, from row to row and over the ends of a page
    const line = event.target.closest("tbody tr");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!line || !step) return;
    event.preventDefault();
    let next = step > 0 ? line.nextElementSibling : line.previousElementSibling;
    const before = page;
    if (!next) turn(step > 0 ? "next" : "before");
    if (page !== before) next = document.querySelector(`#table tbody tr:${step > 0 ? "first" : "last"}-child`);
    next?.querySelector("a").focus();
  }

  // What there is to choose from.
  function fill(select, key, title) {
    const numbers = new Map();
    for (const row of rows) numbers.set(key(row), (numbers.get(key(row)) ?? 0) + 1);
    select.append(made("option", { value: "", textContent: "all" }));
    for (const [value, number] of [...numbers].sort((a, b) => b[1] - a[1])) {
      select.append(made("option", { value, textContent: `${title(value)} (${figure(number)})` }));
    }
  }
  fill(inputs.result, (row) => row.result, (result) => result);
  fill(inputs.reason, (row) => row.reason ?? "-", (reason) => data.reasons[reason] ?? (reason === "-" ? "no reason" : reason));
  for (const [place, head] of heads.entries()) {
    const { field } = columns[place];
    const button = made("button", { type: "button" }, head.textContent, made("span", { ariaHidden: "true" }));
    button.addEventListener("click", () => { order = order === field ? `-${field}` : field; changed(); });
    head.replaceChildren(button);
  }
  for (const input of Object.values(inputs)) input.addEventListener("input", changed);
  find("filter").addEventListener("submit", (event) => event.preventDefault());
  find("all").addEventListener("click", () => { choose({}); changed(); });
  find("export").addEventListener("click", save);
  find("pages").addEventListener("click", (event) => {
    if (!event.target.dataset.to) return;
    turn(event.target.dataset.to);
    find("table").scrollIntoView();
  });
  find("table").addEventListener("keydown", walk);
  for (const link of document.querySelectorAll("a[data-result]")) {
    const { result, reason } = link.dataset;
    link.hash = `rows?${new URLSearchParams(reason === undefined ? { result } : { result, reason: reason || "-" })}`;
    link.addEventListener("click", () => setTimeout(go)); // also where the hash stays as it is
  }
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => draw(0, PRINTED));
  addEventListener("afterprint", () => draw());
  find("filter").hidden = false;
  find("plain")?.remove();
  sift();
  follow();
}
