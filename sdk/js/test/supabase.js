import assert from "node:assert/strict";

/** What a call of supabase-js brings; its error fails the test. */
export const ok = ({ data, error }) => {
  assert.equal(error, null);
  return data;
};
