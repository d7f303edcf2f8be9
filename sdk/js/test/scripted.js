/** A query whose answers the test gives. `around` runs what changes the page, where a framework wants to know. */
export function scripted(auth, key = "scripted", around = (change) => change()) {
  const begun = [];
  const query = { key, core: { http: { authorizer: auth } }, limit: (size) => ({ ...query, size }), onSnapshot(show, fail) {
    const live = { size: this.size, ended: false, show: (docs) => around(() => show({ docs, connected: true, hasPendingWrites: false })), fail: (error) => around(() => fail(error)) };
    begun.push(live);
    return () => (live.ended = true);
  } };
  return { query, begun, get live() { return begun.filter((b) => !b.ended); } };
}
