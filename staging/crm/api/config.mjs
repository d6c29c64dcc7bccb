export { config as GET } from "../server/router.mjs";
