/** Records in IndexedDB, by their id. */
export interface Indexed<T> {
    all(): Promise<T[]>;
    get(id: string): Promise<T | undefined>;
    put(record: T): Promise<void>;
    remove(id: string): Promise<void>;
}
/** The records of a database, null where there is no IndexedDB. Each call rejects where the browser forbids it. */
export declare function indexed<T extends {
    id: string;
}>(database: string, name: string): Indexed<T> | null;
/** Records in memory, for where there is no other place. */
export declare function remembered<T extends {
    id: string;
}>(): Indexed<T>;
