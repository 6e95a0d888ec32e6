// SuperOffice's own client at work: signs in as it is told, asks what it is told, prints one JSON object.
//
//   node client.js ROOT SCHEME CREDENTIAL...

"use strict";

const { AssociateAgent, UserAgent, WebApi } = require("@superoffice/webapi");

const signIn = {
  basic: (api, user, password) => api.authenticateWithPassword(user, password),
  ticket: (api, ticket, application) => {
    api.authenticateWithTicket(ticket);
    api.applicationToken(application);
  },
  token: (api, token) => api.authenticateWithToken(token),
};

async function refused(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return error.response.status;
  }
}

async function main(root, scheme, ...credentials) {
  const api = new WebApi(root);
  signIn[scheme](api, ...credentials);
  const users = api.getUserAgent();
  const associates = api.getAssociateAgent();
  const before = await users.getUserPresenceStatusAsync(7);
  const wanted = { status: "StatusNotAvailable", message: "Zurück am 4. Jänner 🎿" };
  const echo = await users.setUserPresenceStatusAsync(7, wanted);
  const after = await users.getUserPresenceStatusAsync(7);
  const list = await associates.getAssociateListAsync([7, 2, 99999]);
  const nobody = await refused(() => users.getUserPresenceStatusAsync(99999));
  const newcomer = await users.createDefaultUserAsync();
  return { before, wanted, echo, after, list, nobody, newcomer };
}

main(...process.argv.slice(2)).then(
  (found) => console.log(JSON.stringify(found)),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
