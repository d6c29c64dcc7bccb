-- What the gateway must know of the exposed schemas, as one JSON text. Run with an empty
-- search_path, so that every type is named with its schema. schemas is a list of names.
WITH relations AS (
  SELECT c.oid, n.nspname AS schema, c.relname AS name
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY (%(schemas)s) AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
    AND NOT c.relispartition
),
tables AS (
  SELECT r.schema, r.name,
    coalesce((
      SELECT json_agg(json_build_object(
        'name', a.attname,
        'type', format_type(a.atttypid, a.atttypmod),
        'default', CASE WHEN a.attgenerated = '' AND a.attidentity = ''
          THEN pg_get_expr(d.adbin, d.adrelid) END
      ) ORDER BY a.attnum)
      FROM pg_attribute AS a
      LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    ), '[]') AS columns,
    coalesce((
      SELECT json_agg(a.attname ORDER BY array_position(k.conkey, a.attnum))
      FROM pg_constraint AS k
      JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
      WHERE k.conrelid = r.oid AND k.contype = 'p'
    ), '[]') AS key
  FROM relations AS r
),
keys AS (
  SELECT k.conname AS name, t.schema AS schema, t.name AS table,
    f.schema AS target_schema, f.name AS target,
    (
      SELECT json_agg(json_build_array(a.attname, b.attname) ORDER BY p.n)
      FROM unnest(k.conkey, k.confkey) WITH ORDINALITY AS p (own, other, n)
      JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = p.own
      JOIN pg_attribute AS b ON b.attrelid = k.confrelid AND b.attnum = p.other
    ) AS pairs,
    EXISTS (
      SELECT FROM pg_constraint AS u
      WHERE u.conrelid = k.conrelid AND u.contype IN ('p', 'u')
        AND u.conkey @> k.conkey AND u.conkey <@ k.conkey
    ) AS one_to_one
  FROM pg_constraint AS k
  JOIN relations AS t ON t.oid = k.conrelid
  JOIN relations AS f ON f.oid = k.confrelid
  WHERE k.contype = 'f' AND k.conparentid = 0
),
functions AS (
  SELECT n.nspname AS schema, p.proname AS name, p.provolatile AS volatility,
    p.proretset AS is_set,
    format_type(p.prorettype, NULL) AS type,
    (t.typtype = 'c' OR p.prorettype = 'record'::regtype
      OR coalesce(p.proargmodes::text[] && '{t,o,b}'::text[], false)) AS is_composite,
    (SELECT r.name FROM relations AS r WHERE r.oid = t.typrelid) AS table,
    coalesce((
      SELECT json_agg(json_build_object(
        'name', coalesce(p.proargnames[i.n], ''),
        'type', format_type(i.type, NULL),
        'required', i.n <= p.pronargs - p.pronargdefaults
      ) ORDER BY i.n)
      FROM unnest(p.proargtypes) WITH ORDINALITY AS i (type, n)
    ), '[]') AS arguments
  FROM pg_proc AS p
  JOIN pg_namespace AS n ON n.oid = p.pronamespace
  JOIN pg_type AS t ON t.oid = p.prorettype
  WHERE n.nspname = ANY (%(schemas)s) AND p.prokind = 'f'
    AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
)
SELECT json_build_object(
  'tables', (SELECT coalesce(json_agg(t ORDER BY t.schema, t.name), '[]') FROM tables AS t),
  'keys', (SELECT coalesce(json_agg(k ORDER BY k.schema, k.table, k.name), '[]') FROM keys AS k),
  'functions', (SELECT coalesce(json_agg(f ORDER BY f.schema, f.name), '[]') FROM functions AS f)
)::text
