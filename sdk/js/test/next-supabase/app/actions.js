"use server";
import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import { createClient } from "../client.js";

const credentials = (form) => ({ email: form.get("email"), password: form.get("password") });

export async function signUp(form) {
  const { error } = await (await createClient()).auth.signUp(credentials(form));
  redirect(error ? `/?error=${error.code}` : "/");
}

export async function signIn(form) {
  const { error } = await (await createClient()).auth.signInWithPassword(credentials(form));
  redirect(error ? `/?error=${error.code}` : "/");
}

export async function signOut() {
  await (await createClient()).auth.signOut();
  redirect("/");
}

export async function add(form) {
  const { error } = await (await createClient()).from("todos").insert({ title: form.get("title") });
  if (error) redirect(`/?error=${error.code}`);
  revalidatePath("/");
}
