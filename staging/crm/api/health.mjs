export { health as GET } from "../server/health.mjs";
