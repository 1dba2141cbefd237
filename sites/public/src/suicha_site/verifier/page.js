"use strict";
/* The page: takes a file or text from the visitor, gives it to the worker, shows what the worker finds. */
(() => {
  const STEPS = {
    layout: "证明包结构",
    manifest: "清单文件、名额与最低比例",
    log: "抽取日志：检查点、包含证明、链与时序",
    full_log: "完整抽取日志",
    inputs: "四个输入文件、总量守恒、可派性",
    reveals: "揭示值、骰子与信标",
    seed: "随机种子",
    result: "抽取结果（重算）",
    match: "人员匹配（重算）",
    substitutions: "递补顺序",
  };
  const FACTS = {
    id: "企业",
    draw_id: "抽取编号",
    attempt: "第几次抽取",
    suite: "算法套件",
    state: "状态",
    objects: "入库对象行数",
    selected: "抽中名额",
    targets: "派出检查组数",
    substitutions: "递补次数",
    ticket: "签号",
    manifest_hash: "清单哈希",
    seed: "种子",
    result_hash: "结果哈希",
    match_hash: "匹配哈希",
  };
  const STATES = { drawn: "已抽取", signed: "已签署", completed: "已完成" };
  const MARKS = { S: "抽中", R: "候补", "-": "未抽中" };
  /* Where the bar stands when a step begins, in hundredths: the long steps are reading and drawing. */
  const BEGINS = {
    layout: 0, manifest: 1, log: 2, full_log: 4, inputs: 5, reveals: 55, seed: 56, result: 57, match: 85, substitutions: 98,
  };

  const at = (id) => document.getElementById(id);
  const form = at("verify-form");
  const progress = at("verify-progress");
  const bar = at("verify-bar");
  const said = at("verify-said");
  const shown = at("verify-report");
  let worker = null;
  let run = 0;

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  /** The saved page carries the worker's source with it; the website serves it. */
  function startWorker() {
    const source = at("worker-source");
    if (!source) return new Worker("/verify/worker.js");
    return new Worker(URL.createObjectURL(new Blob([source.textContent], { type: "text/javascript" })));
  }

  async function jobOf(file, pasted) {
    const options = { fullLog: at("verify-log").files[0] ?? null, key: at("verify-key").value };
    if (!file) return { text: pasted, ...options };
    const head = new Uint8Array(await file.slice(0, 64).arrayBuffer());
    const receipt = /^\s*\{/.test(new TextDecoder().decode(head));
    return receipt ? { text: await file.text(), ...options } : { file, ...options };
  }

  async function verify(file, pasted) {
    const mine = ++run;
    worker?.terminate();
    shown.replaceChildren();
    shown.hidden = true;
    progress.hidden = false;
    said.classList.remove("unseen");
    bar.value = 0;
    say("正在读取文件");
    const job = await jobOf(file, pasted);
    if (mine !== run) return;
    worker = startWorker();
    worker.onmessage = ({ data }) => {
      if (data.progress) showProgress(data.progress);
      else finish(() => (data.report ? showReport(data.report) : showFailure(data.failure)), data.report);
    };
    worker.onerror = (event) => finish(() => showFailure(event.message ?? "核验程序未能启动"), null);
    worker.postMessage(job);
  }

  function finish(show, report) {
    worker.terminate();
    progress.hidden = true;
    said.classList.add("unseen"); // the banner shows the same words to those who see
    shown.hidden = false;
    show();
    shown.focus();
    document.dispatchEvent(new CustomEvent("verified", { detail: report }));
  }

  /** Says something to those who see and, politely, to those who listen; never the same thing twice. */
  function say(text) {
    if (said.textContent !== text) said.textContent = text;
  }

  function showProgress({ step, done, total }) {
    const names = Object.keys(BEGINS);
    const begin = BEGINS[step];
    const end = BEGINS[names[names.indexOf(step) + 1]] ?? 100;
    bar.value = begin + ((end - begin) * done) / Math.max(1, total);
    say(`正在核验：${STEPS[step]}`);
  }

  function showReport(report) {
    const verdict = report.ok ? { bundle: "核验通过", receipt: "回执属实" }[report.kind] : "核验不通过";
    const why = report.ok
      ? { bundle: "抽取结果可以完整重算，未发现问题。", receipt: "名单、分层和签号与公开的清单文件一致。" }[report.kind]
      : report.fault.zh;
    const banner = element("div", undefined, `verdict ${report.ok ? "verdict-good" : "verdict-bad"}`);
    banner.append(element("h2", `${report.ok ? "✓" : "✗"} ${verdict}`), element("p", why));
    if (!report.ok) banner.append(faultLine(report.fault));
    shown.append(banner);
    report.places.forEach((place) => shown.append(placeCard(place)));
    if (report.kind === "bundle") shown.append(element("h3", "逐项核验"), stepList(report));
    if (report.notes.length) shown.append(element("h3", "请注意"), noteList(report.notes));
    if (Object.keys(report.facts).length) shown.append(element("h3", "核验所得"), ...factLists(report.facts));
    shown.append(element("p", `用时 ${(report.milliseconds / 1000).toFixed(2)} 秒，全部在本设备上完成。`, "muted"));
    say(`${verdict}。${why}`);
  }

  function faultLine(fault) {
    const line = element("p", "问题代码 ");
    line.append(element("code", fault.code));
    if (fault.where) line.append("，位置 ", element("code", fault.where));
    return line;
  }

  function stepList(report) {
    const list = element("ol", undefined, "steps");
    const add = (mark, spoken, text, className) => {
      const item = element("li", undefined, className);
      const sign = element("span", mark, "mark");
      sign.setAttribute("aria-hidden", "true");
      item.append(sign, element("span", text), element("span", `：${spoken}`, "unseen"));
      list.append(item);
    };
    const planned = Object.keys(STEPS).filter((name) => name !== "full_log" || at("verify-log").files.length);
    planned.forEach((name, place) => {
      if (place < report.passed.length) add("✓", "通过", STEPS[name], "step-passed");
      else if (place === report.passed.length && report.fault) add("✗", "不通过", STEPS[name], "step-failed");
      else add("–", "未核验", STEPS[name], "step-left");
    });
    return list;
  }

  function placeCard({ list, stratum, rank, mark, n, k }) {
    const card = element("div", undefined, `place place-${{ S: "drawn", R: "next", "-": "free" }[mark]}`);
    const standing = rank === null ? MARKS[mark] : `${MARKS[mark]}，第 ${rank} 位`;
    card.append(element("strong", `名单 ${list} · 分层 ${stratum}：${standing}`));
    card.append(element("p", `该层共 ${n} 户，抽取 ${k} 户。`));
    return card;
  }

  function noteList(notes) {
    const list = element("ul", undefined, "notes");
    notes.forEach(({ code, zh }) => {
      const item = element("li", `${zh}（`);
      item.append(element("code", code), "）");
      list.append(item);
    });
    return list;
  }

  /** Short facts side by side, long numbers below each other. */
  function factLists(facts) {
    const [short, long] = [element("dl", undefined, "facts"), element("dl", undefined, "digests")];
    for (const name of Object.keys(FACTS).filter((one) => one in facts)) {
      const value = String(name === "state" ? (STATES[facts[name]] ?? facts[name]) : facts[name]);
      const row = element("div");
      const cell = element("dd");
      cell.append(element("code", value));
      row.append(element("dt", FACTS[name]), cell);
      (value.length < 64 ? short : long).append(row);
    }
    return [short, long].filter((list) => list.children.length);
  }

  function showFailure(text) {
    const banner = element("div", undefined, "verdict verdict-bad");
    banner.append(element("h2", "核验未能完成"), element("p", text));
    banner.append(element("p", "请换用较新的浏览器，或使用命令行 rid1 verify。"));
    shown.append(banner);
    say(`核验未能完成。${text}`);
  }

  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      at(`${input.id}-name`).textContent = input.files[0]?.name ?? "未选择文件";
    });
  }
  at("verify-file").addEventListener("change", (event) => {
    if (event.target.files[0]) verify(event.target.files[0]);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const pasted = at("verify-text").value;
    const file = at("verify-file").files[0];
    if (pasted.trim()) verify(null, pasted);
    else if (file) verify(file);
    else say("请先选择文件，或粘贴回执。");
  });
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      if (name === "drop" && event.dataTransfer.files[0]) verify(event.dataTransfer.files[0]);
    });
  }
  form.hidden = false;
})();
