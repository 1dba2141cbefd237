"use strict";
/* The page: takes a file or text from the visitor, gives it to the worker, shows what the worker finds. */
(() => {
  const STEPS = {
    layout: "证明包结构",
    manifest: "清单文件、名额与最低比例",
    log: "抽取日志：检查点、包含证明、链与时序",
    growth: "与较早检查点比对：日志只增不改",
    full_log: "完整抽取日志",
    inputs: "四个输入文件、总量守恒、可派性",
    reveals: "揭示值、骰子与信标签名",
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
    earlier_size: "较早检查点的日志条数",
    witnesses: "共同签名的见证人",
    ticket: "签号",
    manifest_hash: "清单哈希",
    seed: "种子",
    result_hash: "结果哈希",
    match_hash: "匹配哈希",
  };
  const STATES = { drawn: "已抽取", signed: "已签署", completed: "已完成" };
  const MARKS = { S: "抽中", R: "候补", "-": "未抽中" };
  /* Steps that are only taken when the visitor gives something for them. */
  const GIVEN = { growth: () => at("verify-since").value.trim(), full_log: () => at("verify-log").files.length };
  /* What a fault means, for those who are not told by its name; the beginning of the code decides. */
  const MEANINGS = {
    log_key: "所填的日志公钥写得不对，证明包尚未核验。",
    witness_key: "所填的见证人公钥写得不对，证明包尚未核验。",
    file_unreadable: "所选的文件不齐，请把三个原始文件一起选入。",
    seed_sources: "随机种子来自太少的几方，有人能够操纵它。",
    suite_unknown: "清单文件写的算法不在规定之列。",
    bundle_: "文件不完整或损坏。请重新下载；若仍如此，这份证明包不可采信。",
    json_: "文件的写法与规定不符，哈希因此无从比较：它不是平台当时写下的那个文件。",
    manifest_not_logged: "抽取之前登记在日志里的是另一份清单：清单在事后被换过。",
    manifest_: "清单文件缺项或写法不合规定。",
    quota: "名额不是按规定比例算出来的。",
    floor: "抽取总数低于规定的最低比例。",
    checkpoint_origin: "交来的较早检查点属于另一份日志，无从比较。",
    checkpoint_order: "交来的检查点比证明包的还新，请交来更早的一份。",
    checkpoint_algorithm: "日志以别的算法签名，这里不能核验；不能当作无误。",
    checkpoint: "日志的检查点不是所指定的日志签署的，或被改过：后面的一切都失去依据。",
    cosignature: "有人冒用见证人的名义签名。",
    prev: "这次抽取没有交代前一次作废的抽取。",
    witnessed_log: "见证人签署的名单不是后来用来抽取的名单。",
    transition: "抽取的步骤颠倒或重复，不合规定的次序。",
    not_drawn: "日志里还没有抽取结果。",
    log_forked: "日志的历史被改写过。请保留两个检查点：它们就是证据。",
    consistency: "缺少或弄错了一致性证明，请向日志索取这两个条数之间的证明。",
    log_hidden: "这份证明包隐去了日志里的记录。",
    log_: "日志的记录被改动、删减或打乱了次序。",
    attempt_hidden: "此前还有一次抽取没有出示：可能是抽到满意为止。",
    attempt_void: "这次抽取已经作废，结果不能使用。",
    second_manifest: "同一次抽取登记了两份清单：可能在挑选对自己有利的一份。",
    reveal_: "有人揭示的数值不是当初承诺的，或迟于规定时间。",
    commitment_: "日志里的承诺与清单文件不同。",
    dice: "骰子记录被改过，或与清单文件不符。",
    beacon_sandbox: "这是一次演练，不是真正的抽取。",
    beacon: "公共随机信标不是规定的那一轮，或其签名不成立：种子可能是挑出来的。",
    dropout_: "退出的对象没有在信标公布之前登记：替补可能是挑出来的。",
    seed_: "种子与各方的贡献对不上。",
    input_: "名单或名册与抽取前冻结的不同：有对象或人员被增、删、改。",
    opened_: "公开的记录不是冻结名单里的那一行，或应当公开的没有公开。",
    line_: "名单中有一行写法或次序不合规定，抽取不能以它为准。",
    stratum_: "名单中各层的户数与清单文件不同。",
    list_unknown: "名单中有清单文件没有列出的名单。",
    unit_conflict: "同一对象被归到两个单位，派谁去检查就有了选择的余地。",
    unstaffable: "有的对象配不齐检查人员，这样的名单本不应开始抽取。",
    conservation: "有企业没有理由地从名单里消失了。",
    exclusion_without_reason: "有企业被排除，却没有写明理由和证据。",
    result_: "抽中的名单与按种子重算的不同：结果被改过。",
    match_: "检查人员与按种子重算的不同：派出的人被换过。",
    substitut: "递补没有按规定的次序进行。",
    receipt_: "回执与公开的清单文件或日志对不上。",
    timestamp: "时间戳不是对这份日志签发的。",
  };
  /* Where the bar stands when a step begins, in hundredths: the long steps are reading and drawing. */
  const BEGINS = {
    layout: 0, manifest: 1, log: 2, growth: 3, full_log: 4, inputs: 5, reveals: 55, seed: 58, result: 59, match: 85, substitutions: 98,
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
    const options = {
      fullLog: at("verify-log").files[0] ?? null,
      inputs: [...at("verify-inputs").files],
      sandbox: at("verify-sandbox").checked,
      key: at("verify-key").value,
      witnesses: at("verify-witnesses").value,
      since: at("verify-since").value,
      consistency: at("verify-consistency").value,
    };
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
    bar.value = bar.max;
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
    const [verdict, why] = report.ok ? praise(report) : ["核验不通过", report.fault.zh];
    const banner = element("div", undefined, `verdict ${report.ok ? "verdict-good" : "verdict-bad"}`);
    banner.append(element("h2", `${report.ok ? "✓" : "✗"} ${verdict}`), element("p", why));
    if (!report.ok) banner.append(...faultLines(report.fault));
    shown.append(banner);
    report.places.forEach((place) => shown.append(placeCard(place)));
    if (report.kind === "bundle") shown.append(element("h3", "逐项核验"), stepList(report));
    if (report.notes.length) shown.append(element("h3", "请注意"), noteList(report.notes));
    if (Object.keys(report.facts).length) shown.append(element("h3", "核验所得"), ...factLists(report.facts));
    if (report.ok && report.checkpoint) shown.append(keepsake(report));
    shown.append(element("p", `用时 ${(report.milliseconds / 1000).toFixed(2)} 秒，全部在本设备上完成。`, "muted"));
    say(`${verdict}。${why}`);
  }

  /** What is good, in one word and a sentence: a sealed round is never called verified in full, a rehearsal never real. */
  function praise({ kind, notes }) {
    const noted = (code) => notes.some((note) => note.code === code);
    if (kind === "receipt") return ["回执属实", "名单、分层和签号与公开的清单文件一致。"];
    if (noted("beacon_sandbox")) return ["核验通过（演练）", "重算无误，但信标不是 drand quicknet：这不是真正的抽取。"];
    if (noted("sealed_order")) {
      return ["核验通过（公开部分）", "已公开的部分核验无误。对象库已封存，未公开的部分不可由公众核验（见下）。"];
    }
    return ["核验通过", "抽取结果可以完整重算，未发现问题。"];
  }

  /** The checkpoint to keep: held against a later one it shows that the log only grew. */
  function keepsake({ checkpoint, facts }) {
    const line = element("p");
    const link = element("a", "留存检查点", "button");
    link.href = URL.createObjectURL(new Blob([checkpoint], { type: "text/plain" }));
    link.download = `检查点-${facts.draw_id}.txt`;
    line.append(link, " 下次核验时交来比对，就知道日志有没有被改写。");
    return line;
  }

  function faultLines(fault) {
    const line = element("p", "问题代码 ");
    line.append(element("code", fault.code));
    if (fault.where) line.append("，位置 ", element("code", fault.where));
    const meaning = Object.keys(MEANINGS).find((name) => fault.code.startsWith(name));
    return meaning ? [element("p", `这意味着：${MEANINGS[meaning]}`), line] : [line];
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
    const planned = Object.keys(STEPS).filter((name) => GIVEN[name]?.() ?? true);
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
      at(`${input.id}-name`).textContent = [...input.files].map((file) => file.name).join("、") || "未选择文件";
      const into = input.dataset.into;
      if (into && input.files[0]) input.files[0].text().then((text) => (at(into).value = text));
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
