/// The HTML of the pages of signing in. Names in it are properties of ``SignInView``; a test compares both. Nothing is put in
/// unescaped, and there is no script.
enum SignInTemplate {
    static let text = """
        {{% CONTENT_TYPE: \(RoomPageTemplate.contentType)}}
        <!doctype html>
        <html lang="{{lang}}" dir="{{dir}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <title>{{title}}</title>
        <link rel="stylesheet" href="{{style}}">
        </head>
        <body>
        <main>
        \(PageParts.errors)
        <h1>{{heading}}</h1>
        {{#notice}}
        <p role="status"><strong>{{.}}</strong></p>
        {{/notice}}
        {{#messages}}
        <p>{{.}}</p>
        {{/messages}}
        {{#hasFacts}}
        <dl>
        {{#facts}}
        <div><dt>{{factLabel}}:</dt> <dd><bdi>{{factText}}</bdi></dd></div>
        {{/facts}}
        </dl>
        {{/hasFacts}}
        {{#forms}}
        {{#formTitle}}
        <h2>{{.}}</h2>
        {{/formTitle}}
        {{#hasPlaces}}
        <ul>
        {{#places}}
        <li>{{sinceLabel}}: <time datetime="{{since}}"><bdi dir="ltr">{{sinceText}}</bdi></time>; {{seenLabel}}: \
        <time datetime="{{seen}}"><bdi dir="ltr">{{seenText}}</bdi></time>{{#hereLabel}} <strong>{{.}}</strong>{{/hereLabel}}</li>
        {{/places}}
        </ul>
        {{/hasPlaces}}
        <form method="post" action="{{action}}" novalidate>
        {{#hidden}}
        <input type="hidden" name="{{hiddenName}}" value="{{hiddenValue}}">
        {{/hidden}}
        {{#fields}}
        <div class="field">
        <label for="{{fieldName}}">{{fieldLabel}}</label>
        {{#fieldHint}}
        <p class="hint" id="{{fieldName}}-hint">{{.}}</p>
        {{/fieldHint}}
        {{#fieldFault}}
        <p class="error" id="{{fieldName}}-error">{{.}}</p>
        {{/fieldFault}}
        <input type="{{fieldType}}" id="{{fieldName}}" name="{{fieldName}}" value="{{fieldValue}}" required \
        maxlength="{{longest}}" autocomplete="{{autocomplete}}" autocapitalize="none" spellcheck="false" dir="{{fieldDir}}"\
        {{#describedBy}} aria-describedby="{{.}}"{{/describedBy}}{{#isWrong}} aria-invalid="true"{{/isWrong}}>
        </div>
        {{/fields}}
        <button type="submit"{{#isSecond}} class="second"{{/isSecond}}>{{submitLabel}}</button>
        </form>
        {{/forms}}
        {{#links}}
        <p><a href="{{href}}">{{linkLabel}}</a></p>
        {{/links}}
        </main>
        \(PageParts.footer)
        </body>
        </html>

        """
}
