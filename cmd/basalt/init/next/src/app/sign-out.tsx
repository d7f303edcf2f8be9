"use client";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { auth } from "../browser";

export function SignOut() {
  const router = useRouter();
  useEffect(() => auth.onChange((user) => { if (!user) router.refresh(); }), [router]); // also when the server ends the session
  return <button className="quiet" onClick={() => void auth.signOut()}>Sign out</button>;
}
