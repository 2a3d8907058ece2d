import { chromium } from "playwright-core";
import { createServer } from "node:http"; import { readFile } from "node:fs/promises"; import { extname } from "node:path";
const T={".js":"text/javascript",".css":"text/css",".html":"text/html"};
const s=createServer(async(q,r)=>{const p=new URL(q.url,"http://x").pathname;try{const b=await readFile("dist-mock"+(p==="/"?"/index.html":p));r.writeHead(200,{"content-type":T[extname(p==="/"?"a.html":p)]??"application/octet-stream"});r.end(b)}catch{r.writeHead(404).end()}});
await new Promise(f=>s.listen(0,"127.0.0.1",f));
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox","--disable-gpu"] });
const p=await b.newPage();
await p.addInitScript(() => { Object.freeze(Object.prototype); });
p.on("console", m => m.type()==="error" && console.log("console", m.text().slice(0,1500)));
p.on("pageerror", e => console.log("pageerror", String(e.stack).slice(0,1500)));
const U=`http://127.0.0.1:${s.address().port}/`;
await p.goto(U+"#/overview");
await p.getByText("Needs attention").waitFor().catch(()=>{});
console.log((await p.locator("main").innerText()).slice(0,300));
await p.goto(U+"#/cards"); 
await p.getByLabel("Select dpu-01").check(); await p.getByTestId("action-deploy").click();
for (let i=0;i<4;i++){ await p.waitForTimeout(1200); console.log(p.url(), "|", await p.locator(".pf-v6-c-wizard__main").innerText().then(t=>t.slice(0,100).replace(/\n/g," "))); if(i==1) await p.locator("input[type=radio]").first().check().catch(e=>console.log(String(e).slice(0,200))); if(i<3) await p.getByTestId("wizard-next").click({timeout:3000}).catch(e=>console.log(String(e).slice(0,300))); }
await b.close(); s.close();
