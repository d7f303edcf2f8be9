/** Records in IndexedDB, by their id. */
export interface Indexed<T> {
  all(): Promise<T[]>;
  get(id: string): Promise<T | undefined>;
  put(record: T): Promise<void>;
  remove(id: string): Promise<void>;
}

/** The records of a database, null where there is no IndexedDB. Each call rejects where the browser forbids it. */
export function indexed<T extends { id: string }>(database: string, name: string): Indexed<T> | null {
  if (typeof indexedDB === "undefined") return null;
  const settled = <R>(request: IDBRequest<R>): Promise<R> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  let opened: Promise<IDBDatabase> | undefined;
  const open = async (): Promise<IDBDatabase> => { // which throws where the browser forbids it
    const opening = indexedDB.open(database, 1);
    opening.onupgradeneeded = () => void opening.result.createObjectStore(name, { keyPath: "id" });
    return settled(opening);
  };
  const store = async (mode: IDBTransactionMode) => (await (opened ??= open())).transaction(name, mode).objectStore(name);
  return {
    all: async () => settled((await store("readonly")).getAll() as IDBRequest<T[]>),
    get: async (id) => settled((await store("readonly")).get(id) as IDBRequest<T | undefined>),
    put: async (record) => void (await settled((await store("readwrite")).put(record))),
    remove: async (id) => void (await settled((await store("readwrite")).delete(id))),
  };
}

/** Records in memory, for where there is no other place. */
export function remembered<T extends { id: string }>(): Indexed<T> {
  const kept = new Map<string, T>();
  return {
    all: async () => [...kept.values()],
    get: async (id) => kept.get(id),
    put: async (record) => void kept.set(record.id, record),
    remove: async (id) => void kept.delete(id),
  };
}
