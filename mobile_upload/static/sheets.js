// What a scanned text is, as far as a phone without signal can tell. The signature in a code is the court's to check.

const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ADDRESS = /^https?:\/\/[^/?#\s]+\/n\/([0-9A-Za-z]{21})\/?$/;

/** The 21 letters of a notice's code, or null. */
export function lettersOf(text) {
  const found = ADDRESS.exec(text.trim())?.[1] ?? text.replaceAll(/[\s-]/g, "");
  const letters = found.toUpperCase().replaceAll(/[IL]/g, "1").replaceAll("O", "0");
  return letters.length === 21 && [...letters].every((letter) => LETTERS.includes(letter)) ? letters : null;
}

/** Whether a code was printed on a pad before anybody knew the door: its first letter is of the upper half. */
export const isBlank = (letters) => LETTERS.indexOf(letters[0]) >= LETTERS.length / 2;

/** "this" | "bound" | "blank" | "other" | "foreign" for a text read at this visit. `bound` are letters bound to it here. */
export function judge(text, visit, bound) {
  const letters = lettersOf(text);
  if (!letters) return "foreign";
  if (visit.notice_code && lettersOf(visit.notice_code) === letters) return "this";
  if (bound.includes(letters)) return "bound";
  return isBlank(letters) ? "blank" : "other";
}
