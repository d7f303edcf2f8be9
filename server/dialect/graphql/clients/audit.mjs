// Runs the audits of GraphQL over HTTP against a server: node audit.mjs URL.
import { serverAudits } from "graphql-http";

const audits = serverAudits({ url: process.argv[2] });
const results = await Promise.all(audits.map((audit) => audit.fn().then((result) => ({ name: audit.name, id: audit.id, status: result.status, reason: result.reason }))));
process.stdout.write(JSON.stringify(results));
process.exit(0);
