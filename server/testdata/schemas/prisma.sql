CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
CREATE TABLE "User" (
    "id" TEXT NOT NULL, "email" TEXT NOT NULL, "name" TEXT, "role" "Role" NOT NULL DEFAULT 'USER', "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "balance" DECIMAL(65,30) NOT NULL DEFAULT 0, "tags" TEXT[], "meta" JSONB, "avatar" BYTEA, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE TABLE "Post" (
    "id" SERIAL NOT NULL, "authorId" TEXT, "title" VARCHAR(255) NOT NULL, "published" BOOLEAN NOT NULL DEFAULT false, "views" BIGINT NOT NULL DEFAULT 0, "rating" DOUBLE PRECISION,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "Post_pkey" PRIMARY KEY ("id"));
CREATE INDEX "Post_authorId_createdAt_idx" ON "Post"("authorId", "createdAt" DESC);
CREATE TABLE "Category" ("id" SERIAL NOT NULL, "name" TEXT NOT NULL, CONSTRAINT "Category_pkey" PRIMARY KEY ("id"));
CREATE TABLE "_CategoryToPost" ("A" INTEGER NOT NULL, "B" INTEGER NOT NULL, CONSTRAINT "_CategoryToPost_AB_pkey" PRIMARY KEY ("A", "B"));
CREATE INDEX "_CategoryToPost_B_index" ON "_CategoryToPost"("B");
CREATE TABLE "_prisma_migrations" ("id" VARCHAR(36) NOT NULL PRIMARY KEY, "checksum" VARCHAR(64) NOT NULL, "finished_at" TIMESTAMPTZ, "migration_name" VARCHAR(255) NOT NULL, "applied_steps_count" INTEGER NOT NULL DEFAULT 0);
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "_CategoryToPost" ADD CONSTRAINT "_CategoryToPost_A_fkey" FOREIGN KEY ("A") REFERENCES "Category"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_CategoryToPost" ADD CONSTRAINT "_CategoryToPost_B_fkey" FOREIGN KEY ("B") REFERENCES "Post"("id") ON DELETE CASCADE ON UPDATE CASCADE;
-- rows
INSERT INTO "User" ("id", "email", "name", "role", "createdAt", "balance", "tags", "meta", "avatar") VALUES
    ('clh1a0000000008l4a1b2c3d4', 'ann@x.org', 'Ann', 'ADMIN', '2026-01-02 03:04:05.678', 12.5, '{a,b}', '{"a": 1, "b": [1.50, null]}', '\x00ff'),
    ('clh1a0001000008l4e5f6g7h8', 'bob+news@x.org', NULL, 'USER', '2026-01-02 03:04:05.678', 123456789012345678901234567890.123456789012345678901234567890, NULL, NULL, NULL),
    ('clh1a0002000008l4i9j0k1l2', 'Käthe@x.org', '', 'USER', '1999-12-31 23:59:59.999', -0.000000000000000000000000000001, '{}', '"x"', ''),
    ('clh1a0003000008l4m3n4o5p6', 'eve@x.org', 'eve', 'USER', 'infinity', 0, '{"","a,b"}', 'null', '\x01');
INSERT INTO "Post" ("id", "authorId", "title", "published", "views", "rating", "createdAt") VALUES
    (1, 'clh1a0000000008l4a1b2c3d4', 'First', true, 9223372036854775807, 0.1, '2026-01-01'), (2, 'clh1a0000000008l4a1b2c3d4', 'first', false, -1, NULL, '2026-01-02'),
    (3, NULL, '', false, 0, 'NaN', '2026-01-01'), (4, 'clh1a0001000008l4e5f6g7h8', 'it''s', true, 0, '-Infinity', '-infinity'), (5, NULL, 'z', true, 7, 1e300, '2026-01-03');
INSERT INTO "Category" ("id", "name") VALUES (1, 'News'), (2, 'Sport');
INSERT INTO "_CategoryToPost" ("A", "B") VALUES (1, 1), (1, 2), (2, 1), (2, 5);
INSERT INTO "_prisma_migrations" ("id", "checksum", "finished_at", "migration_name") VALUES ('2f1b8a44-0000-4000-8000-000000000001', 'c0ffee', '2026-01-01 00:00:00+01', '20260101000000_init');
