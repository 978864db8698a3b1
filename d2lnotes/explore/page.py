"""The markup of a baked explorer: a contract between `bake`, the page's script and the tests."""

from html import escape

from d2lnotes.explore.bake import Slot, is_group, to_json
from d2lnotes.explore.controls import Choice, Slider
from d2lnotes.explore.svg import document, number, to_markup


def figure_html(explorer, template, slots, sentences, values):
    """Return what stands inside ``<figure class="d2l-explorer" id="fig-NAME">``.

    The picture and the sentence show the start state and need no script. Controls are tied to the
    states, which stand in the JSON at the end, by the page's script; the theme hides what is
    ``pst-js-only`` where no script runs.
    """
    start = tuple(control.start_index for control in explorer.controls.values())
    numbers = {id(slot): k for k, slot in enumerate(slots)}

    def at_start(node):
        if isinstance(node, Slot):
            return f'<g data-slot="{numbers[id(node)]}">{node.version(start)}</g>'
        if is_group(node):
            return node[0], [at_start(child) for child in node[1]]
        return node

    width, height = (72 * inches for inches in explorer.figsize)
    sentence_id = f"{explorer.id}-d2l-sentence"  # no control can have this id: names have no dash
    layouts = "".join(f' data-columns-{n}="{box}"' for n, box in explorer.view_boxes.items())
    picture = document(
        to_markup([at_start(node) for node in template]),
        width,
        height,
        explorer.clips,
        f' data-picture{layouts} role="img" aria-labelledby="{sentence_id}"',
    )
    return (
        f'<div class="d2l-body" data-explorer="{explorer.id}">'
        f"{_guess(explorer)}{picture}"
        f'<p class="d2l-sentence" id="{sentence_id}" aria-live="polite">'
        f"{escape(sentences.version(start))}</p>"
        '<div class="d2l-panel-controls pst-js-only" role="group"><div class="d2l-controls">'
        f"{''.join(_control(explorer, name) for name in explorer.controls)}{BUTTONS}</div></div>"
        f'<script type="application/json" class="d2l-states">'
        f"{to_json(_states(explorer, slots, sentences, values))}</script></div>"
    )


BUTTONS = (
    '<div class="d2l-buttons">'
    '<button type="button" data-do="reset">Reset</button>'
    '<button type="button" data-do="pin" aria-pressed="false">Pin this state</button>'
    '<button type="button" data-do="copy">Copy link</button>'
    '<span class="d2l-said" role="status"></span></div>'
)


def _states(explorer, slots, sentences, values):
    controls = [
        {"n": name, "k": control.kind, "v": control.spelt, "t": control.shown, "l": control.label}
        for name, control in explorer.controls.items()
    ]
    data = {
        "controls": controls,
        "slots": [slot.data() for slot in slots],
        "sentence": sentences.data(),
    }
    sliders = [name for name in explorer.ordered() if not explorer.controls[name].play]
    if values is not None and len(sliders) >= 2:
        axes = [list(explorer.controls).index(name) for name in sliders[:2]]
        data["map"] = {"axes": axes, "values": values, "label": explorer.value_label}
    if explorer.guess:
        data["guess"] = {
            "truth": explorer.guess.truth,
            "answers": {
                answer: {name: explorer.controls[name].index(v) for name, v in state.items()}
                for answer, state in explorer.guess.answers.items()
            },
        }
    return data


def _control(explorer, name):
    control = explorer.controls[name]
    ident = f"{explorer.id}-{name}"
    label = f'<label for="{ident}" id="{ident}-label">{escape(control.label)}</label>'
    start = control.start_index
    shown = escape(control.shown[start])
    common = f'id="{ident}" name="{name}" autocomplete="off"'
    play = ""
    if isinstance(control, Slider):
        field = (
            f'<input type="range" {common} min="0" max="{len(control.values) - 1}" step="1" '
            f'value="{start}" aria-valuetext="{shown}">'
        )
        if control.play:
            play = (
                f'<button type="button" data-do="play" data-for="{name}" '
                f'aria-describedby="{ident}-label">Play</button>'
            )
    elif isinstance(control, Choice):
        options = "".join(
            f'<option value="{k}"{" selected" if k == start else ""}>{escape(text)}</option>'
            for k, text in enumerate(control.shown)
        )
        field = f"<select {common}>{options}</select>"
    else:
        field = f'<input type="checkbox" {common}{" checked" if start else ""}>'
    # For the eye only: the control speaks its value itself, and would be heard twice.
    output = f'<output for="{ident}" aria-hidden="true">{shown}</output>'
    return f'<div class="d2l-control d2l-{control.kind}">{label}{field}{output}{play}</div>'


def _guess(explorer):
    guess = explorer.guess
    if guess is None:
        return ""
    radios = "".join(
        f'<label><input type="radio" name="{explorer.id}-guess" value="{escape(answer)}" '
        f'autocomplete="off"> {escape(answer)}</label>'
        for answer in guess.answers
    )
    return (
        f'<fieldset class="d2l-guess pst-js-only" role="radiogroup"><legend>Before you move it: '
        f"{escape(guess.question)}</legend>"
        f'<div class="d2l-answers">{radios}</div>'
        f'<button type="button" data-do="commit" disabled>Commit to this guess</button>'
        f'<p class="d2l-verdict" role="status"></p></fieldset>'
    )


def panel_tags(figure):
    """The opening tag of each panel, and the view box of the picture for each narrower layout.

    A panel's tag says by how much it moves where the page has room for one column or for two:
    ``--x1`` and ``--y1``, ``--x2`` and ``--y2``. Two columns are for pictures with three or more.
    """
    width, height = figure.get_size_inches() * 72
    boxes = [part.bbox.bounds for part in figure.subfigs]
    moves, view_boxes = ["" for _ in boxes], {}
    columns_drawn = len({round(box[0]) for box in boxes})
    for columns in (1, 2) if columns_drawn > 2 else (1,):
        top, across = 0.0, columns * max((box[2] for box in boxes), default=width)
        for first in range(0, len(boxes), columns):
            row = boxes[first : first + columns]
            left = (across - sum(box[2] for box in row)) / 2
            for k, (x, y, w, h) in enumerate(row, start=first):
                dx, dy = number(left - x), number(top - (height - y - h))
                moves[k] += f"--x{columns}:{dx}px;--y{columns}:{dy}px;"
                left += w
            top += max(box[3] for box in row)
        view_boxes[columns] = f"0 0 {number(across)} {number(top or height)}"
    return [f'<g class="d2l-panel" style="{move}">' for move in moves], view_boxes
