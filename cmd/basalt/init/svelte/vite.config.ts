import { defineConfig } from "vite";
import { svelte } from "@sveltejs/vite-plugin-svelte";

// In development Vite has the page, and passes what is for Basalt on. `npm run build` writes public/, which Basalt serves.
export default defineConfig({
  plugins: [svelte()],
  publicDir: false,
  build: { outDir: "public" },
  server: { proxy: { "/v1": { target: "http://localhost:4122", ws: true } } },
});
