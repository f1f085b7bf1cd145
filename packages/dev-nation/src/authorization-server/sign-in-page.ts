/** The officers' sign-in form. */
export function signInPage(uid: string, complaint: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in to the registry</title>
<h1>Sign in to the registry</h1>
<p role="alert">${complaint}</p>
<form method="post" action="/sign-in/${uid}">
  <p><label>Officer <input name="officer" autocomplete="username" required autofocus></label></p>
  <p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
  <button>Sign in</button>
</form>
</html>
`
}
