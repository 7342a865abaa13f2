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

// The answer to a form that was refused begins where the fault is.
if (document.body.dataset.answer !== undefined) {
  const wrong = document.querySelector('main [aria-invalid="true"]') ?? document.querySelector('main [role="alert"]');
  if (wrong) {
    wrong.tabIndex = wrong.matches("input, select, textarea") ? 0 : -1;
    wrong.focus();
  }
}

document.addEventListener("submit", (event) => {
  const question = event.target.dataset?.question;
  if (question && !window.confirm(question)) {
    event.preventDefault();
  }
});
