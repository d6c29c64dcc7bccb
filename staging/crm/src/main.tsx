import { start } from "./start";
import "./styles/main.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
void start(root);
