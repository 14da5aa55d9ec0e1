import {test,expect} from "bun:test";
import {engineWith, alertOf} from "./support.ts";
test("x", async()=>{ const w=await engineWith(); const e=await w.send(alertOf("buy"), alertOf("sell")); console.log(JSON.stringify(e,null,1), w.held(), w.log.lines); expect(w.held()).toEqual(["paper MyRSIStrategy BTC/USD short 0.5"]);});
