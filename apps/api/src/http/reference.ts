/** The page at `/docs`: Swagger UI from this host's own files, on this host's own contract. */
export const referencePage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>PCBS registry: API reference</title>
<link rel="stylesheet" href="swagger-ui.css">
<div id="swagger-ui"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="open.js"></script>
</html>
`

/** Opens the reference; a file of its own, since the content security policy runs no inline script. */
export const referenceScript = `SwaggerUIBundle({ url: 'openapi.yaml', dom_id: '#swagger-ui' })\n`
