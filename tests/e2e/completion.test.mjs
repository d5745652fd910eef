// textDocument/completion: the same suggestion for editors without inline completions.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cursor, decodePosition, session } from './client.mjs';
import { model } from './settings.mjs';

const { text, offset } = cursor('def add(a, b):\n    """Return the sum of a and b."""\n' +
    '    return ^\n\nprint(add(1, 2))\n');
const uri = 'file:///sum.py';

test('one item holds the whole text, and the list is incomplete',
    { skip: !model && 'no model' }, async (t) => {
        const client = await session(t, { model });
        await client.open(uri, 'python', text);
        const list = await client.complete(uri, offset);
        assert.equal(list.isIncomplete, true);
        assert.equal(list.items.length, 1);
        const [item] = list.items;
        assert.equal(typeof item.label, 'string');
        assert.ok(item.label.trim().length > 0);
        assert.ok(!/[\r\n]/.test(item.label), 'a label is one line');
        assert.equal(typeof item.sortText, 'string');
        assert.notEqual(item.insertTextFormat, 2, 'plain text, no snippet');

        const newText = item.textEdit ? item.textEdit.newText : item.insertText;
        assert.ok(newText.trim().length > 0);
        if (item.textEdit) {
            const range = item.textEdit.range;
            assert.ok(range, 'a text edit, since no insert-replace support was announced');
            const document = client.documents.get(uri);
            const start = decodePosition(document, range.start, client.encoding);
            const end = decodePosition(document, range.end, client.encoding);
            assert.equal(start.line, end.line);
            assert.ok(document.offsetAt(start) <= offset && offset <= document.offsetAt(end));
            // Editors filter by what stands between the range's start and the cursor.
            const typed = document.getText().slice(document.offsetAt(start), offset);
            assert.ok((item.filterText ?? item.label).startsWith(typed));
        }
        const [inline] = await client.inline(uri, offset);
        assert.equal(newText, inline.insertText, 'both requests offer the same text');
    });

test('positions follow the negotiated encoding', { skip: !model && 'no model' }, async (t) => {
    const wide = cursor('s = "ä😀"; values = [1, 2, 3]; total = sum(^\n');
    for (const encoding of ['utf-8', 'utf-32']) {
        const client = await session(t, { model }, { encodings: [encoding] });
        await client.open(uri, 'python', wide.text);
        const { items } = await client.complete(uri, wide.offset);
        for (const { textEdit } of items) {
            if (!textEdit) continue;
            const document = client.documents.get(uri);
            const start = document.offsetAt(decodePosition(document, textEdit.range.start, encoding));
            const end = document.offsetAt(decodePosition(document, textEdit.range.end, encoding));
            assert.ok(start <= wide.offset && wide.offset <= end, encoding);
        }
        assert.equal(await client.stop(), 0);
    }
});
