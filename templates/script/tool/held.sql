{% import tool.template as theirs %}
{# Nobody else writes the tool's table until this transaction ends, and it says still what it said. A block has m, a revision's row. #}
  LOCK TABLE {{ tool.tables | join(", ") }} IN ACCESS EXCLUSIVE MODE;
  IF {% if repeatables %}m->>'kind' = 'revision' AND {% endif %}{{ theirs.moved(tool, direction) }} THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002',
      MESSAGE = format({{ ("signoff: refused: " ~ tool.word ~ " changed what it records of revision %s a moment ago") | lit }}, m->>'revision'),
      HINT = 'Run again, when it has ended: it goes on where it stands then.';
  END IF;
