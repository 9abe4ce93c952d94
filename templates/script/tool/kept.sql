{% import tool.template as theirs %}
{# The revision left the tool's table as this script wrote it. A block has `this`, the revision, and m, its row. #}
{% if repeatables %}
  IF m->>'kind' = 'revision' THEN
{% endif %}
  IF to_regclass({{ tool.table | lit }}) IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005', MESSAGE = format({{ ("signoff: revision %s drops the table of " ~ tool.word) | lit }}, this),
      HINT = 'It is rolled back. Take that out, or compile with [version_table] scheme = "native".';
  END IF;
  IF {{ theirs.moved(tool, "downgrade" if direction == "upgrade" else "upgrade") }} THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format({{ ("signoff: revision %s, or a trigger or rule, changed what " ~ tool.word ~ " records of it") | lit }}, this),
      HINT = {{ ("It is rolled back. Look for what writes to " ~ tool.table ~ ".") | lit }};
  END IF;
{% if repeatables %}
  END IF;
{% endif %}
