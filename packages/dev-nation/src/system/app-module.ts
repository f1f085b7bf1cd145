/** Apps are started by their file, never imported. */
export function appModule(app: string, file = 'main.ts'): URL {
  return new URL(`../../../../apps/${app}/src/${file}`, import.meta.url)
}
