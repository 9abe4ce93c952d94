{% import "script/words.sql" as words %}
-- 2. Machinery, written once: a setting of this session holds each piece, and EXECUTE runs it.
-- The surroundings that the author of a revision expects.
SET signoff.surroundings = {{ words.surroundings(surroundings) | dollar }};
{% include "plain/machinery/enter.sql" %}
{% include "plain/machinery/record.sql" %}
{% include "plain/machinery/transaction.sql" %}
{% include "plain/machinery/steps.sql" %}
{% include "plain/machinery/rows.sql" %}
