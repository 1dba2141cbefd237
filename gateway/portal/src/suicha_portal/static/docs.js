"use strict";
// Starts Swagger UI on the merged document and, where the demo issuer runs, signs demo users in.
const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "none",
  filter: true,
  validatorUrl: null,
});

const form = document.getElementById("sign-in");
const choice = document.getElementById("user");
const said = document.getElementById("signed-in");

async function offerUsers() {
  const answer = await fetch("/auth/users");
  if (!answer.ok) return;
  const people = (await answer.json()).filter((one) => !one.roles.includes("service"));
  const inspectors = ["LY001", "RZ001"].map((id) => ({ user: `inspector:${id}`, name: `检查员 ${id}` }));
  choice.append(...people.concat(inspectors).map((one) => new Option(`${one.name} ${one.user}`, one.user)));
  form.hidden = false;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("/auth/token", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user: choice.value }),
  });
  const body = await answer.json();
  if (answer.ok) ui.preauthorizeApiKey("bearer", body.access_token);
  said.value = answer.ok ? "已登录" : body.detail;
});

offerUsers();
