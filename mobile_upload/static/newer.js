// Whether a newer version of the page has come and waits for a moment between two acts.

let registration = null;

export const noteRegistration = (one) => { registration = one; };

export const newerWaits = () => Boolean(registration?.waiting);
