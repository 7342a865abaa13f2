// What is lawful at this door, as the day's table says it. Pure: a situation, the answers so far and the captures give
// what is lacking, each with the smallest act that cures it, and in the end the report.

// Which picture an act asks for.
const ROLE_OF_CURE = {
  photograph_receipt: "receipt", photograph_door: "wide", photograph_sheet: "near", one_more_photo: "other", short_video: "video",
};
const OF_THE_PROCESS = new Set(["near", "wide", "other"]);

/** The situations that may be reported at a visit, in the table's order. */
export const situationsFor = (visit, day) => day.doors?.[visit.door] ?? [];

// Where the court sends two people, the other one is named; it travels with the note, sealed like every name.
const SECOND_SERVER = { fact: "note", kind: "text", required: true, words: "second", lacks: "second.lacks", cure: "second.cure" };

/** One situation at this door, with what the court's own choices add to it. */
export function situationAt(visit, day, code) {
  const found = situationsFor(visit, day).find((one) => one.code === code) ?? null;
  return found && day.policy.second_server ? { ...found, asks: [...found.asks, SECOND_SERVER] } : found;
}

const matters = (ask, answers) => Object.entries(ask.when ?? {}).every(([fact, values]) => values.includes(answers[fact]));

/** The questions that matter with these answers; one with a single choice that stands already is none. */
export const asksOf = (situation, answers) => situation.asks.filter((ask) => matters(ask, answers));

export const isOpenQuestion = (ask) => !(ask.kind === "choice" && ask.choices.length === 1 && ask.default === ask.choices[0]);

/** Answers before anybody has touched anything; `today` is the court-local date. */
export function defaultsOf(situation, today) {
  const given = situation.asks.filter((ask) => ask.default !== null && ask.default !== undefined);
  return Object.fromEntries(given.map((ask) => [ask.fact, ask.kind === "date" && ask.default === "today" ? today : ask.default]));
}

/** How many points of a need are still wanting with captures of these roles. */
export const wanting = (need, roles) => Math.max(0, need.least - roles.reduce((sum, role) => sum + (need.points[role] ?? 0), 0));

/** What brings the points that remain: {cure, role}; role is what the camera takes for it. */
export function cureOf(need, roles) {
  const remaining = wanting(need, roles);
  const cure = need.cures[remaining] ?? Object.values(need.cures)[0];
  const counted = Object.keys(need.points);
  return { cure, role: counted.includes(ROLE_OF_CURE[cure]) ? ROLE_OF_CURE[cure] : counted[0] };
}

/** The roles to capture, one after another, until every need is met: by the fewest pictures. */
export function rolesWanted(situation, captures) {
  const roles = captures.map((one) => one.role);
  const found = [];
  for (const need of situation.captures) {
    for (let left = wanting(need, [...roles, ...found]); left > 0; left = wanting(need, [...roles, ...found])) {
      found.push(cureOf(need, [...roles, ...found]).role);
    }
  }
  return found;
}

function lacks(ask, answers) {
  const value = answers[ask.fact];
  if (value === undefined || value === null || value === "") return ask.required;
  return (ask.wanted ?? []).length > 0 && !ask.wanted.includes(value);
}

/** What is lacking: [{lacks, cure, ask?, role?}]; a tap is a smaller act than a picture, so questions come first. */
export function lacking(situation, answers, captures) {
  const roles = captures.map((one) => one.role);
  const open = asksOf(situation, answers).filter((ask) => lacks(ask, answers)).map((ask) => ({ lacks: ask.lacks, cure: ask.cure, ask }));
  const short = situation.captures.filter((need) => wanting(need, roles) > 0).map((need) => ({ lacks: need.lacks, ...cureOf(need, roles), need }));
  return [...open, ...short];
}

/** Whether the last picture says everything: then taking it closes the visit. */
export const closesByPicture = (situation) => situation.asks.length === 0 && situation.captures.length > 0;

/** How the process was recorded, told by the captures themselves. */
export function mediaOf(captures) {
  const roles = captures.map((one) => one.role);
  if (roles.includes("video")) return "video";
  const photos = roles.filter((role) => OF_THE_PROCESS.has(role)).length;
  return photos === 0 ? "none" : photos === 1 ? "single_photo" : "photos";
}

function place(target, path, value) {
  const steps = path.split(".");
  const last = steps.pop();
  let at = target;
  for (const step of steps) at = at[step] ??= {};
  at[last] = value;
}

/** The report in the shape of the API's VisitReport; its time and id are added when it is signed. */
export function reportOf(visit, situation, answers, captures) {
  const report = { result: situation.result };
  if (situation.result === "posted") report.meaning = visit.meaning;
  for (const ask of asksOf(situation, answers)) {
    const value = answers[ask.fact];
    if (value !== undefined && value !== null && value !== "") place(report, ask.fact, value);
  }
  report.process_media = mediaOf(captures);
  return report;
}
