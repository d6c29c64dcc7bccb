export { pulseWebhook as GET, pulseWebhook as POST } from "../../server/pulse-webhook.mjs";
