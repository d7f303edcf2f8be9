import { basalt } from "../server";
import { Notes } from "./notes";
import { SignIn } from "./sign-in";
import { SignOut } from "./sign-out";

/** Made on the server, as the signed-in user; in the browser, the list follows every change. */
export default async function Page() {
  const { auth, db } = await basalt();
  await auth.ready;
  const user = auth.user;
  if (!user) return <><header><h1>Notes</h1></header><SignIn /></>;
  const first = await db.collection("notes").orderBy("created", "desc").limit(50).get()
    .catch((error: Error) => ({ items: [], message: error.message }));
  return (
    <>
      <header>
        <h1>Notes</h1>
        <div className="row"><span id="email">{user.email}</span> <SignOut /></div>
      </header>
      <Notes key={user.id} first={first.items} away={"message" in first ? first.message : undefined} />
    </>
  );
}
