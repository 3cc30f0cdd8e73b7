import humanize

print("a million is", humanize.intcomma(1_000_000))
