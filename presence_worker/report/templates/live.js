"use strict";
// The page stays as it is now: bars move with the events of the service, and what has changed is read again.
// Changes that a person is to approve never change below the button: a line says that there is something new.

const SECOND = 1000; // milliseconds
const main = document.querySelector("main");
let source = null;
let timer = 0;
let isReading = false;
let isStale = false; // something has changed since the page was read

function made(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

// A line above all else: what the page cannot know, and the way on.
function notify(words, link, address = location.href) {
  let line = document.getElementById("notice");
  if (!words) {
    line?.remove();
    return;
  }
  if (line?.firstChild.data === `${words} `) return;
  line?.remove();
  line = made("p", { id: "notice", className: "alarm" }, `${words} `, made("a", { href: address, textContent: link }));
  line.setAttribute("role", "alert");
  main.prepend(line);
}

function move({ job, done, total, words }) {
  const card = document.querySelector(`[data-job="${CSS.escape(job)}"]`);
  if (!card) return;
  const bar = card.querySelector("progress");
  bar.max = total || 1;
  bar.value = done;
  if (words) card.querySelector(".words").textContent = words;
}

// What waits for a person, as it is seen: by run and fingerprint.
const waits = (page) => [...page.querySelectorAll("[data-seen]")].map((card) => `${card.dataset.run} ${card.dataset.seen}`).join();

function update(fresh) {
  document.title = fresh.title;
  if (document.querySelector("[data-seen] form") && waits(fresh) !== waits(document)) {
    return notify("Something has changed.", "Show it now");
  }
  notify("");
  const parts = [...fresh.querySelector("main").children];
  for (const old of [...main.children]) {
    if (!parts.some(({ id }) => id === old.id)) old.remove();
  }
  parts.forEach((part, place) => {
    const old = document.getElementById(part.id);
    if (!old) main.insertBefore(part, main.children[place] ?? null);
    else if (old.outerHTML !== part.outerHTML && !old.contains(document.activeElement)) {
      if (part.id === "verdict") old.replaceChildren(...part.childNodes); // so that it is read out
      else old.replaceWith(part);
    }
  });
  return null;
}

async function read() {
  if (isReading) {
    isStale = true;
    return;
  }
  isReading = true;
  isStale = false;
  try {
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    if (answer.redirected) {
      stop();
      notify("You are signed out.", "Sign in again");
    } else if (answer.status >= 500) lost();
    else if (answer.ok) update(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    lost();
  }
  setTimeout(() => {
    isReading = false;
    if (isStale) read();
  }, SECOND);
}

function lost() {
  notify("The service cannot be reached. This page shows how it was before.", "Try again");
}

function stop() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function listen() {
  stop();
  source = new EventSource("/api/v1/events");
  source.addEventListener("progress", (event) => move(JSON.parse(event.data)));
  source.addEventListener("state", read); // the first one, too: much can end between a page and its connection
  source.addEventListener("error", () => {
    const isOver = source.readyState === EventSource.CLOSED; // else the browser tries again by itself
    if (isOver) stop();
    read(); // says whether the service is there, and whether we are signed out
    if (isOver) timer = setTimeout(listen, 10 * SECOND);
  });
}

// A tab that is not seen needs no connection.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) stop();
  else {
    read();
    listen();
  }
});
addEventListener("pagehide", stop);
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
listen();
