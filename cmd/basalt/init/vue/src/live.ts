import { onScopeDispose, shallowRef } from "vue";
import { auth, db } from "./basalt.js";
import type { Notes } from "./collections.js";

/** Who is signed in; null when signed out, undefined until that is known. */
export function useUser() {
  const user = shallowRef(auth.user ?? undefined);
  const known = shallowRef(false);
  onScopeDispose(auth.onChange((now) => { user.value = now ?? undefined; known.value = true; }));
  return { user, known };
}

/** The notes of who is signed in, as they are now and at every change. */
export function useNotes() {
  const docs = shallowRef<Notes<Date>[]>([]), loading = shallowRef(true), error = shallowRef<Error>();
  const end = db.collection("notes").orderBy("created", "desc").limit(50).onSnapshot(
    (snapshot) => { docs.value = snapshot.docs; loading.value = false; error.value = undefined; },
    (reason) => { error.value = reason; loading.value = false; },
  );
  onScopeDispose(end);
  return { docs, loading, error };
}
