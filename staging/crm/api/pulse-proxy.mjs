export { pulseProxy as GET, pulseProxy as POST } from "../server/pulse-proxy.mjs";
