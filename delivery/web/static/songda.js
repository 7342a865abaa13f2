// What pages do beyond HTML: the sandbox's moving clock, and a question before an act that cannot be undone.
"use strict";

const clock = document.querySelector("[data-clock]");

async function showCourtTime() {
  try {
    const answer = await fetch("/clock", { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const court = await answer.json();
      clock.textContent = court.text;
      clock.dateTime = court.now;
    }
  } catch {
    // The server is away for a moment; the next look will tell.
  }
}

if (clock) {
  setInterval(() => document.hidden || showCourtTime(), 2000);
}

document.addEventListener("submit", (event) => {
  const question = event.target.dataset?.question;
  if (question && !window.confirm(question)) {
    event.preventDefault();
  }
});
