import {test,expect} from "bun:test";
import {RunningNexus} from "/work/main/test/e2e/support/running-nexus.ts";
test("x", async()=>{
 const t0=performance.now();
 await using n = await RunningNexus.start({yaml: await Bun.file("/work/main/test/corpus/nexus.yaml").text().then(t=>t.replace("18080","0"))});
 console.log(performance.now()-t0, n.path);
 const a=await n.send({action:"buy",symbol:"BTC/USD",price:42000.5,strategy:"MyRSIStrategy",timeframe:"1h"});
 console.log(JSON.stringify(a,null,1));
 console.log(await n.positions());
 console.log((await n.ask("status")).out);
 console.log((await n.ask("explain", a.id)).out);
 const t=performance.now(); await n.restart(); console.log("restart", performance.now()-t);
 console.log(await n.positions());
 console.log((await n.ask("check")));
 console.log(await n.stop(), n.log);
});
