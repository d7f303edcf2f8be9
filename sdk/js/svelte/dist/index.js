/**
 * Svelte stores for Basalt.
 *
 *     const todos = liveQuery(db.collection("todos").where("done", "==", false));
 *     {#each $todos.docs as todo (todo.id)} … {/each}
 */
export * from "@basalt-dev/client/stores";
