{% if tool.repeats %}
  repeats jsonb := '{}';
{% endif %}
  records jsonb; known jsonb; ours jsonb; their jsonb := '{}'; adopted jsonb := '[]'; taken_back jsonb := '[]'; beyond jsonb := '{}'; seen text;
  first text; older text;
