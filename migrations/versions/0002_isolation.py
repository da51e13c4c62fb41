"""Roles, row-level security, partitions, exclusion constraints: what models cannot say."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROLES = ("bp_web", "bp_worker", "bp_stats")

# How a transaction's scope reaches the policies: an uncorrelated subselect, computed once.
SCOPE = (
    "any ((select string_to_array(nullif(current_setting('bp.branches', true), ''), ',')::int[])"
    "::int[])"
)
SCOPE_ARRAY = (
    "(select coalesce(string_to_array(nullif(current_setting('bp.branches', true), ''), ','), '{}')"
    "::int[])"
)
ALL_PEOPLE = "(select current_setting('bp.people', true)) = 'all'"

BRANCH_TABLES = (
    "event",
    "decision",
    "invitation",
    "response",
    "answer",
    "cell",
    "cut_month",
    "league_row",
    "person_branch",
    "sampling_plan",
    "call_task",
    "call_try",
    "qr_point",
    "moment_cell",
    "cut_day",
    "moment_day",
    "branch_version",
    "published_row",
    "warning_row",
    "contest",
    "contest_evidence",
    "alert_mark",
    "alert",
    "alert_mute",
    "ticket",
    "ticket_step",
    "ticket_clock",
    "ticket_file",
    "webhook_delivery",
)
# About several branches: whoever may not see all of them does not see the row.
JOINT_TABLES = ("report_item", "action_plan", "action_step")
PERSON_TABLES = {
    "person": "id",
    "person_source": "person_id",
    "contact_point": "person_id",
    "consent": "person_id",
    "person_hold": "person_id",
}
PARTITIONED = {
    "answer": "occurred_on",
    "decision": "decided_at",
    "receipt": "received_at",
    "audit_entry": "at",
}

WEB_GRANTS = {
    "select": (
        "network owner_group unit unit_parent unit_profile unit_former_code touchpoint "
        "account login_identifier access_grant login_session account_link login_throttle api_token "
        "idempotency_key person person_branch person_source contact_point person_merge consent "
        "suppression erased_mark event metric survey_version message_version rule_set_version "
        "decision invitation survey_token receipt response answer cell cut_month metric_day "
        "branch_version league_table league_row audit_entry outbox_message job_window person_hold sampling_plan "
        "call_task call_try qr_point provider_rate wechat_follower wechat_consent phone_check "
        "rules_draft moment_cell cut_day moment_day indicator_version adjustment_fit "
        "published_table published_row warning_run warning_row contest contest_evidence saved_view "
        "loop_version alert_mark alert alert_mute ticket ticket_step ticket_clock ticket_file notice "
        "notice_choice absence webhook_delivery subscription report_order report_item action_plan "
        "action_step good_practice"
    ),
    "insert": (
        "owner_group unit unit_parent unit_profile unit_former_code account login_identifier "
        "access_grant login_session account_link login_throttle api_token idempotency_key person "
        "person_branch person_source contact_point person_merge consent suppression erased_mark "
        "event decision invitation receipt response answer dirty_mark league_table audit_entry "
        "outbox_message person_hold call_task call_try qr_point wechat_follower wechat_consent "
        "phone_check rules_draft rule_set_version survey_token indicator_version adjustment_fit "
        "published_table published_row contest contest_evidence saved_view "
        "loop_version alert_mark alert alert_mute ticket ticket_step ticket_file notice notice_choice absence "
        "webhook_delivery subscription report_order report_item action_plan action_step ticket_clock "
        "good_practice"
    ),
    "update": (
        "network unit unit_parent unit_profile unit_former_code account login_identifier "
        "access_grant login_session "
        "account_link login_throttle api_token idempotency_key person person_source person_branch "
        "contact_point person_merge consent event invitation survey_token receipt response answer "
        "person_hold call_task qr_point wechat_follower wechat_consent phone_check rules_draft "
        "contest saved_view alert alert_mute ticket ticket_clock ticket_file notice notice_choice absence "
        "webhook_delivery subscription report_order report_item action_plan action_step good_practice"
    ),
    "delete": (
        "login_throttle idempotency_key person_source contact_point person_branch consent answer "
        "suppression rules_draft contest_evidence saved_view unit_parent unit_profile "
        "login_identifier ticket_file absence subscription action_step"
    ),
}

STATS_TABLES = (
    "network unit unit_parent unit_profile owner_group touchpoint metric cell metric_day "
    "league_table league_row indicator_version adjustment_fit moment_cell warning_run warning_row "
    "branch_version"
)

# Added to, never changed: not even workers may.
FROZEN = (
    *("audit_entry", "published_table", "published_row", "adjustment_fit"),
    *("indicator_version", "loop_version", "ticket_step"),
)
# Rows of all branches, to bp_stats.
STATS_ROWS = ("cell", "league_row", "moment_cell", "warning_row", "branch_version")

ENSURE_PARTITIONS = """
create function bp_ensure_partitions(first_month date, last_month date) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent text;
    month date;
    partition text;
    made int := 0;
    occupied boolean;
begin
    foreach parent in array array['answer', 'decision', 'receipt', 'audit_entry'] loop
        month := date_trunc('month', first_month)::date;
        while month <= last_month loop
            partition := parent || '_y' || to_char(month, 'YYYY') || 'm' || to_char(month, 'MM');
            if to_regclass(partition) is null then
                execute format(
                    'select exists (select 1 from %I where %I >= %L and %I < %L)',
                    parent || '_default',
                    case parent when 'answer' then 'occurred_on' when 'decision' then 'decided_at'
                        when 'receipt' then 'received_at' else 'at' end,
                    month,
                    case parent when 'answer' then 'occurred_on' when 'decision' then 'decided_at'
                        when 'receipt' then 'received_at' else 'at' end,
                    (month + interval '1 month')::date
                ) into occupied;
                if not occupied then
                    execute format(
                        'create table %I partition of %I for values from (%L) to (%L)',
                        partition, parent, month, (month + interval '1 month')::date
                    );
                    made := made + 1;
                end if;
            end if;
            month := (month + interval '1 month')::date;
        end loop;
    end loop;
    return made;
end $$
"""

# From a survey link's token to its invitation, in one round trip: opens the scope to the link's one
# branch (the token table is the only one that may be read before that), locks if it is told to, and
# only then reads what was answered so far, so that whoever waited for the lock sees the newest.
# ``seen_at`` notes the first look, which a crash may lose: nobody waits for the disk.
OPEN_LINK = """
create function bp_open_link(hash bytea, locking boolean, seen_at timestamptz) returns table (
    link_expires_at timestamptz, link_dead_at timestamptz,
    invitation_id uuid, branch_id int, survey_version_id int, person_id uuid,
    contact_point_id uuid, occurred_on date, language text, first_seen_at timestamptz,
    answered_at timestamptz, brand_zh text, branch_zh text, occasion_zh text, brand_en text,
    branch_en text, occasion_en text, channel text, point_code text, response_id uuid,
    pages_done int, named boolean, answered_in text, answers json
)
language plpgsql volatile security invoker set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    link survey_token;
begin
    select * into link from survey_token t where t.token_hash = hash;
    if not found then
        return;
    end if;
    perform set_config('bp.branches', link.branch_id::text, true),
        set_config('bp.people', '', true);
    if seen_at is not null and link.dead_at is null and link.expires_at > seen_at then
        update invitation i set first_seen_at = seen_at
        where i.id = link.invitation_id and i.first_seen_at is null;
        if found then
            perform set_config('synchronous_commit', 'off', true);
        end if;
    end if;
    if locking then
        perform from invitation i where i.id = link.invitation_id for update;
    end if;
    return query
        select link.expires_at, link.dead_at, i.id, i.branch_id, i.survey_version_id, i.person_id,
            i.contact_point_id, i.occurred_on, i.language, i.first_seen_at, i.answered_at,
            coalesce(p.brand, n.name_zh, ''), u.name_zh, t.name_zh,
            coalesce(p.brand, n.name_en, ''), u.name_en, t.name_en,
            coalesce(m.channel, i.channel), i.context->>'point',
            r.id, r.pages_done, r.named, r.language,
            (select json_agg(json_build_array(a.question, a.value, a.choices, a.text))
             from answer a where a.response_id = r.id and a.occurred_on = i.occurred_on)
        from invitation i
        join unit u on u.id = i.branch_id
        join touchpoint t on t.id = i.touchpoint_id
        left join unit_profile p on p.unit_id = i.branch_id and p.valid_from <= i.occurred_on
            and (p.valid_to is null or p.valid_to > i.occurred_on)
        left join network n on n.id = 1
        left join invitation m on m.id = link.message_id and m.id <> i.id
        left join response r on r.invitation_id = i.id
        where i.id = link.invitation_id;
end $$
"""

# A comment as words to be found: Latin words in small letters, every Chinese character by itself,
# so that a word of several is a phrase. What parts words is taken out first, since the parser of
# text search takes some of it for letters, depending on the database's locale.
COMMENT_WORDS = r"""
create function bp_words(said text) returns tsvector
language sql immutable strict parallel safe as $$
    select to_tsvector('pg_catalog.simple'::regconfig, regexp_replace(
        regexp_replace(lower(said),
            '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f'
            '\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uffef]+', ' ', 'g'),
        '([\u3400-\u4dbf\u4e00-\u9fff])', ' \1 ', 'g'))
$$
"""
# Of a short list of entries that wait, a transaction that has to sort them in is soon done.
COMMENT_INDEX = (
    "create index ix_answer_words on answer using gin (bp_words(text)) "
    "with (gin_pending_list_limit = 256) where text is not null"
)

# Where words were written, within the transaction's own branches. Row-level security would have
# every comment of these branches read before the index may be asked, hence the owner's rights.
FIND_COMMENTS = """
create function bp_find_comments(words text, first_day date, until_day date, wanted int[])
returns table (response_id uuid, question text, occurred_on date)
language plpgsql stable security definer rows 500 set search_path = public, pg_temp as $$
begin
    return query execute
        'select a.response_id, a.question, a.occurred_on from answer a where a.text is not null '
        'and bp_words(a.text) @@ to_tsquery(''pg_catalog.simple'', lower($1)) '
        'and a.occurred_on >= $2 and a.occurred_on < $3 and a.branch_id = any ($4) '
        'and ($5 is null or a.branch_id = any ($5))'
        using words, first_day, until_day, string_to_array(
            nullif(current_setting('bp.branches', true), ''), ',')::int[], wanted;
end $$
"""
FINDING = "bp_find_comments(text, date, date, int[])"

NO_OVERLAP = (
    "exclude using gist (int8range(unit_id, unit_id, '[]') with &&, "
    "daterange(valid_from, valid_to) with &&)"
)


def upgrade() -> None:
    for role in ROLES:
        op.execute(
            f"do $$ begin if not exists (select from pg_roles where rolname = '{role}') then "
            f"create role {role} nologin noinherit; end if; end $$"
        )
    op.execute("revoke create on schema public from public")
    op.execute("grant usage on schema public to bp_web, bp_worker, bp_stats")
    op.execute("grant bp_stats to bp_web, bp_worker")
    op.execute("grant bp_web to bp_worker")  # to make a report with no more than its reader's sight
    op.execute("create sequence data_version as bigint")
    for table in ("unit_parent", "unit_profile"):
        op.execute(f"alter table {table} add constraint ex_{table}_one_at_a_time {NO_OVERLAP}")
    # Without a short header no bin that is read copies the array: sums take half the time.
    op.execute("alter table cell alter column hist set storage plain")
    for table, share in (("cell", 50), ("cut_month", 45), ("moment_cell", 45)):
        # Room on the page for the sums that a day changes (nearly all): no index is touched then.
        op.execute(f"alter table {table} set (fillfactor = {share})")
    _partitions()
    op.execute(OPEN_LINK)
    op.execute("revoke all on function bp_open_link(bytea, boolean, timestamptz) from public")
    op.execute("grant execute on function bp_open_link(bytea, boolean, timestamptz) to bp_web")
    op.execute(COMMENT_WORDS)
    op.execute(COMMENT_INDEX)
    op.execute(FIND_COMMENTS)
    op.execute(f"revoke all on function {FINDING} from public")
    op.execute(f"grant execute on function {FINDING} to bp_web")
    _grants()
    _policies()


def _partitions() -> None:
    for table in PARTITIONED:
        op.execute(f"create table {table}_default partition of {table} default")
    op.execute(ENSURE_PARTITIONS)
    op.execute("revoke all on function bp_ensure_partitions(date, date) from public")
    op.execute("grant execute on function bp_ensure_partitions(date, date) to bp_worker")
    op.execute(
        "select bp_ensure_partitions((current_date - interval '13 months')::date, "
        "(current_date + interval '3 months')::date)"
    )


def _grants() -> None:
    for right, tables in WEB_GRANTS.items():
        op.execute(f"grant {right} on {', '.join(tables.split())} to bp_web")
    op.execute("grant select, insert, update, delete on all tables in schema public to bp_worker")
    for table in FROZEN:
        op.execute(f"revoke update, delete on {table} from bp_worker")
    # Erasure empties what was noted of a person; a ticket that moves takes its steps along.
    op.execute("grant update (note, branch_id) on ticket_step to bp_web, bp_worker")
    op.execute("revoke all on alembic_version from bp_worker")
    op.execute("grant usage, select on all sequences in schema public to bp_web, bp_worker")
    op.execute(f"grant select on {', '.join(STATS_TABLES.split())} to bp_stats")


def _policies() -> None:
    for table in (*BRANCH_TABLES, *JOINT_TABLES, *PERSON_TABLES, "receipt"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"create policy worker on {table} to bp_worker using (true) with check (true)")
    for table in BRANCH_TABLES:
        op.execute(f"create policy branch on {table} to bp_web using (branch_id = {SCOPE})")
    for table in JOINT_TABLES:
        op.execute(f"create policy branch on {table} to bp_web using (branches <@ {SCOPE_ARRAY})")
    op.execute(
        "create policy branch on receipt to bp_web "
        f"using (branch_id is null or branch_id = {SCOPE})"
    )
    for table, column in PERSON_TABLES.items():
        op.execute(
            f"create policy branch on {table} to bp_web using ({ALL_PEOPLE} or exists "
            f"(select from person_branch b where b.person_id = {table}.{column} "
            f"and b.branch_id = {SCOPE})) with check ({ALL_PEOPLE})"
        )
    for table in STATS_ROWS:
        op.execute(f"create policy stats on {table} for select to bp_stats using (true)")


def downgrade() -> None:
    for table in (*BRANCH_TABLES, *JOINT_TABLES, *PERSON_TABLES, "receipt"):
        op.execute(f"drop policy worker on {table}")
        op.execute(f"drop policy branch on {table}")
        op.execute(f"alter table {table} disable row level security")
    for table in STATS_ROWS:
        op.execute(f"drop policy stats on {table}")
    op.execute("revoke all on all tables in schema public from bp_web, bp_worker, bp_stats")
    op.execute("revoke all on all sequences in schema public from bp_web, bp_worker")
    op.execute(f"drop function {FINDING}")
    op.execute("drop index ix_answer_words")
    op.execute("drop function bp_words(text)")
    op.execute("drop function bp_open_link(bytea, boolean, timestamptz)")
    op.execute("drop function bp_ensure_partitions(date, date)")
    op.execute(
        "do $$ declare p record; begin for p in select inhrelid::regclass as name from pg_inherits "
        "where inhparent::regclass::text in ('answer', 'decision', 'receipt', 'audit_entry') loop "
        "if p.name::text ~ '^[a-z_0-9]+$' and (select relkind from pg_class where oid = p.name) = 'r' "
        "then execute format('drop table %s', p.name); end if; end loop; end $$"
    )
    for table in ("unit_parent", "unit_profile"):
        op.execute(f"alter table {table} drop constraint ex_{table}_one_at_a_time")
    op.execute("drop sequence data_version")
    op.execute("revoke all on schema public from bp_web, bp_worker, bp_stats")
