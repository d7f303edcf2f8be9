import { Collections } from "./collections.js";
import { Functions } from "./functions.js";
import { GraphQL } from "./graphql.js";
import { Live } from "./live.js";
import { Logs } from "./logs.js";
import { Api } from "./requests.js";
import { Rules } from "./rules.js";
import { Events, Status } from "./status.js";
import { Users } from "./users.js";

/** The pages besides the data, by their names in addresses. They are loaded when one of them is opened. */
export const pages = { users: Users, rules: Rules, schema: Collections, functions: Functions, api: Api, graphql: GraphQL, live: Live, logs: Logs, status: Status, events: Events };
