{% if direction == "stamp" %}
{% for line in stamp.forgets %}
-- {{ ("  forgets  " ~ line.id ~ "  " ~ line.message) | comment }}
{% endfor %}
{% for line in stamp.records %}
-- {{ ("  records  " ~ line.id ~ "  " ~ line.message) | comment }}
{% endfor %}
{% endif %}
{% for line in contents.lines %}
-- {{ words.line(line, contents.widths) | comment }}
{% endfor %}
{% for name in contents.repeatables %}
-- {{ words.again(name, contents.widths, direction) | comment }}
{% endfor %}
{% for line in contents.lines if line.replaces %}
--
-- {{ line.id | comment }} replaces
{% for id in line.replaces %}
--   {{ id | comment }}
{% endfor %}
-- Where those are recorded as applied, all of them, its row takes the place of theirs and nothing of it runs; where only a part of them
-- is, this script refuses.
{% endfor %}
